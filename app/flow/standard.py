"""Prompts the service itself needs, with words of its own where the YAML gives none.

Staff may give any of these names a text in ivr_flows/prompts/; the flows need not mention them.
"""

ACCEPT = "accept"
ACCEPTED = "accepted"
DECLINED = "declined"
ALREADY_GONE = "already-gone"
APOLOGY = "apology"
LAST_RESORT_MESSAGE = "last-resort-message"
LAST_RESORT_THANKS = "last-resort-thanks"

STANDARD_PROMPTS: dict[str, dict[str, str]] = {
    "en": {
        ACCEPT: (
            "Support call, {priority}, on the {line}. The caller has waited {waited}. "
            "Press 1 to take it, 2 to pass it on."
        ),
        ACCEPTED: "Connecting you now.",
        DECLINED: "Passing it on. Goodbye.",
        ALREADY_GONE: "The caller is no longer on the line. Goodbye.",
        APOLOGY: "We are sorry, something went wrong on our side. Please stay on the line, we are connecting you.",
        LAST_RESORT_MESSAGE: (
            "Nobody can take your call at this moment. After the tone please say what is wrong, and a phone number "
            "and an email address where we reach you. Leave no patient information. Press the pound key to finish."
        ),
        LAST_RESORT_THANKS: "Thank you. We have your message and will call you back.",
    },
    "es": {
        ACCEPT: (
            "Llamada de soporte, {priority}, en la {line}. La persona ha esperado {waited}. "
            "Oprima 1 para atenderla, 2 para pasarla."
        ),
        ACCEPTED: "Conectando.",
        DECLINED: "La pasamos a otra persona. Adiós.",
        ALREADY_GONE: "La persona ya no está en la línea. Adiós.",
        APOLOGY: "Lo sentimos, algo falló de nuestro lado. No cuelgue, por favor, le estamos comunicando.",
        LAST_RESORT_MESSAGE: (
            "Nadie puede atender su llamada en este momento. Después del tono diga qué ocurre, y un teléfono y un "
            "correo electrónico donde podamos ubicarle. No deje información de pacientes. Oprima numeral al terminar."
        ),
        LAST_RESORT_THANKS: "Gracias. Tenemos su mensaje y le llamaremos.",
    },
}
