"""Everything Twilio: its signature, its request words, its markup, its REST interface."""
