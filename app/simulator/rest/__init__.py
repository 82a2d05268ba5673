"""Twilio's REST API over a simulated account: what a service asks for besides answering webhooks."""
