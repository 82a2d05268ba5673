"""Prompts the service itself needs, with words of its own where the YAML gives none.

Staff may give any of these names a text in ivr_flows/prompts/; the flows need not mention them.
"""

ACCEPT = "accept"
ACCEPTED = "accepted"
DECLINED = "declined"
ALREADY_GONE = "already-gone"
ALREADY_TAKEN = "already-taken"
PAGE = "page"
PAGE_ACCEPTED = "page-accepted"
PAGE_OVER = "page-over"
PAGE_PASSED = "page-passed"
PAGE_TRY_AGAIN = "page-try-again"
ON_ANOTHER_CALL = "on-another-call"
APOLOGY = "apology"
REVIEW = "review-message"
TICKET_STATUS = "ticket-status"
LAST_RESORT_MESSAGE = "last-resort-message"
LAST_RESORT_THANKS = "last-resort-thanks"

STANDARD_PROMPTS: dict[str, dict[str, str]] = {
    "en": {
        ACCEPT: (
            "Support call, {priority}, on the {line}{language}. The caller has waited {waited}. "
            "Press 1 to take it, 2 to pass it on."
        ),
        ACCEPTED: "Connecting you now.",
        DECLINED: "Passing it on. Goodbye.",
        ALREADY_GONE: "The caller is no longer on the line. Goodbye.",
        ALREADY_TAKEN: "Somebody else has taken this call. Thank you. Goodbye.",
        PAGE: "Emergency ticket {ticket} on the {line} waits for somebody. Press 1 to take it, 2 to pass it on.",
        PAGE_ACCEPTED: "Ticket {ticket} is yours. Please call the requester back. Goodbye.",
        PAGE_OVER: "Ticket {ticket} has been taken already. Thank you. Goodbye.",
        PAGE_PASSED: "Passing it on. Goodbye.",
        PAGE_TRY_AGAIN: "We could not note that you take it. Please text ACK and {ticket}. Goodbye.",
        ON_ANOTHER_CALL: "Somebody is helping another caller right now. We are ringing the next person.",
        APOLOGY: "We are sorry, something went wrong on our side. Please stay on the line, we are connecting you.",
        TICKET_STATUS: (
            "Ticket {open_ticket}, {ticket_priority}, is {ticket_status}. It was last updated {ticket_updated}."
        ),
        REVIEW: "To keep your message, press 1 or hang up. To record it again, press 2.",
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
        ALREADY_TAKEN: "Otra persona ya atiende esta llamada. Gracias. Adiós.",
        PAGE: "El caso de emergencia {ticket}, en la {line}, espera. Oprima 1 para atenderlo, 2 para pasarlo.",
        PAGE_ACCEPTED: "El caso {ticket} es suyo. Por favor llame a la persona. Adiós.",
        PAGE_OVER: "El caso {ticket} ya lo atiende alguien. Gracias. Adiós.",
        PAGE_PASSED: "Lo pasamos a otra persona. Adiós.",
        PAGE_TRY_AGAIN: "No pudimos anotar que usted lo atiende. Envíe un texto: ACK y {ticket}. Adiós.",
        ON_ANOTHER_CALL: "Alguien atiende otra llamada en este momento. Llamamos a la siguiente persona.",
        APOLOGY: "Lo sentimos, algo falló de nuestro lado. No cuelgue, por favor, le estamos comunicando.",
        TICKET_STATUS: (
            "El caso {open_ticket}, {ticket_priority}, está {ticket_status}. Se actualizó {ticket_updated}."
        ),
        REVIEW: "Para guardar su mensaje, oprima 1 o cuelgue. Para grabarlo otra vez, oprima 2.",
        LAST_RESORT_MESSAGE: (
            "Nadie puede atender su llamada en este momento. Después del tono diga qué ocurre, y un teléfono y un "
            "correo electrónico donde podamos ubicarle. No deje información de pacientes. Oprima numeral al terminar."
        ),
        LAST_RESORT_THANKS: "Gracias. Tenemos su mensaje y le llamaremos.",
    },
}
