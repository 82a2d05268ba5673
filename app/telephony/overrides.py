"""How long Twilio waits for an answer of ours, and how often it asks again: what it reads from an address's fragment.

The fragment is neither sent nor signed. Without it a lost reply costs whoever is on the line fifteen seconds of
silence, and is not asked for again. Source: Twilio's "Webhooks: connection overrides", for every webhook address, in
TwiML and at its REST API.
"""

from typing import Final

# Three quick tries within the fifteen seconds a caller's request may take in all: 3 * (1.5 + 3) = 13.5 < 14. Each
# answer of ours is known by then or given again, so that asking twice does nothing twice.
OVERRIDES: Final = "#rc=2&rp=5xx,ct,rt&ct=1500&rt=3000&tt=14000"
# The same as it stands in a document.
IN_A_DOCUMENT: Final = OVERRIDES.replace("&", "&amp;")
