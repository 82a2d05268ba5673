"""The doors for machines and people that speak HTTP: Twilio's webhooks, the API, health, and the pages."""
