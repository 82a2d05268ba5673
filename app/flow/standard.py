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
QUEUE_NEXT = "queue-next"
QUEUE_ONE_BEFORE = "queue-one-before"
QUEUE_BEFORE = "queue-before"
QUEUE_ESTIMATE = "queue-estimate"
QUEUE_CALLBACK = "queue-callback"
QUEUE_MESSAGE = "queue-message"
QUEUE_WAIT = "queue-wait"
CALLBACK_ACCEPT = "callback-accept"
CALLBACK_ACCEPT_AGAIN = "callback-accept-again"
CALLBACK_CALLING = "callback-calling"
CALLBACK_SPOKEN = "callback-spoken"
CALLBACK_DONE = "callback-done"
CALLBACK_AGAIN = "callback-again"
CALLBACK_NOT_REACHED = "callback-not-reached"
CALLBACK_OVER = "callback-over"
CALLBACK_TRY_LATER = "callback-try-later"
MESSAGE_CALLBACK = "message-callback"
MESSAGE_CALLBACK_LEFT = "message-callback-left"
MESSAGE_CALLBACK_DONE = "message-callback-done"
MESSAGE_CALLBACK_NOT_REACHED = "message-callback-not-reached"
MESSAGE_CALLBACK_TRY_LATER = "message-callback-try-later"
MESSAGE_CALLBACK_SAY_AGAIN = "message-callback-say-again"
UPDATE_DUE = "update-due"
UPDATE_OVERDUE = "update-overdue"
UPDATE_SPEAK = "update-speak"
UPDATE_NOT_HEARD = "update-not-heard"
UPDATE_KEPT = "update-kept"
UPDATE_UNCHANGED = "update-unchanged"
UPDATE_NOTED = "update-noted"
UPDATE_PASSED = "update-passed"
UPDATE_OVER = "update-over"
UPDATE_TRY_AGAIN = "update-try-again"
APOLOGY = "apology"
REVIEW = "review-message"
TICKET_STATUS = "ticket-status"
LAST_RESORT_MESSAGE = "last-resort-message"
LAST_RESORT_THANKS = "last-resort-thanks"

STANDARD_PROMPTS: dict[str, dict[str, str]] = {
    "en": {
        ACCEPT: (
            "Support call{client}, {priority}, on the {line}{language}. The caller has waited {waited}. "
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
        ON_ANOTHER_CALL: "One of us is helping another caller right now. We are ringing the next person.",
        QUEUE_NEXT: "You are next in line.",
        QUEUE_ONE_BEFORE: "There is one caller before you.",
        QUEUE_BEFORE: "There are {callers_before} callers before you.",
        QUEUE_ESTIMATE: "The wait is about {estimate}.",
        QUEUE_CALLBACK: "To be called back and keep your place in line, press 1.",
        QUEUE_MESSAGE: "To leave a message, press 2.",
        QUEUE_WAIT: "Thank you for waiting. Please stay on the line.",
        CALLBACK_ACCEPT: (
            "Call-back{client}, {priority}, on the {line}{language}. It was asked for {waited} ago. "
            "Press 1 to call the person now, 2 to pass it on."
        ),
        CALLBACK_ACCEPT_AGAIN: (
            "Call-back{client}, {priority}, on the {line}{language}. It was asked for {waited} ago and tried before. "
            "Press 1 to call the person now, 2 to pass it on, 3 if you have spoken to them."
        ),
        CALLBACK_CALLING: "Ticket {ticket}. Calling now. If only a machine answers, press star.",
        CALLBACK_SPOKEN: "Ticket {ticket}. If you spoke to the person, press 1. If not, press 2.",
        CALLBACK_DONE: "Thank you. Ticket {ticket} is yours. Goodbye.",
        CALLBACK_AGAIN: "Nobody was reached there. We try again in ten minutes. Goodbye.",
        CALLBACK_NOT_REACHED: "Nobody was reached there. Ticket {ticket} stays open. Goodbye.",
        CALLBACK_OVER: "This call-back is taken care of. Thank you. Goodbye.",
        CALLBACK_TRY_LATER: "We cannot place this call-back right now and will ring again. Goodbye.",
        MESSAGE_CALLBACK: (
            "You asked at the desk to call back about a message, {priority}, on the {line}{language}. "
            "Press 1 to call the person now, 2 to leave it."
        ),
        MESSAGE_CALLBACK_LEFT: "Nobody is called. The message stays with you. Goodbye.",
        MESSAGE_CALLBACK_DONE: "Thank you. The message of ticket {ticket} is done. Goodbye.",
        MESSAGE_CALLBACK_NOT_REACHED: "Nobody was reached there. The message stays with you. Goodbye.",
        MESSAGE_CALLBACK_TRY_LATER: "We cannot call the person right now. Please ask again at the desk. Goodbye.",
        MESSAGE_CALLBACK_SAY_AGAIN: "We could not note that. Please say at the desk what came of it. Goodbye.",
        UPDATE_DUE: (
            "Ticket {ticket}, {priority}. An update is due {due}. Press 1 to speak it after the tone, "
            "2 if nothing has changed yet, 3 to pass it on."
        ),
        UPDATE_OVERDUE: (
            "Ticket {ticket}, {priority}. The update due {due} is overdue. Press 1 to speak it after the tone, "
            "2 if nothing has changed yet, 3 to pass it on."
        ),
        UPDATE_SPEAK: (
            "After the tone say what the requester should know. Name no patient. Press the pound key to finish."
        ),
        UPDATE_NOT_HEARD: "We heard nothing. Please text your update instead. Goodbye.",
        UPDATE_KEPT: "Thank you. Ticket {ticket} has your update. The next one is due {due}. Goodbye.",
        UPDATE_UNCHANGED: "Noted that nothing has changed yet. The next update is due {due}. Goodbye.",
        UPDATE_NOTED: "Thank you. Ticket {ticket} has your update. Goodbye.",
        UPDATE_PASSED: "Passing it on. Goodbye.",
        UPDATE_OVER: "Ticket {ticket} needs no update now. Thank you. Goodbye.",
        UPDATE_TRY_AGAIN: "We could not note this. Please text UPDATE, {ticket} and what is new. Goodbye.",
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
            "Llamada de soporte{client}, {priority}, en la {line}. La persona ha esperado {waited}. "
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
        ON_ANOTHER_CALL: "Alguien del equipo atiende otra llamada en este momento. Llamamos a la siguiente persona.",
        QUEUE_NEXT: "Usted es la siguiente persona.",
        QUEUE_ONE_BEFORE: "Hay una persona antes de usted.",
        QUEUE_BEFORE: "Hay {callers_before} personas antes de usted.",
        QUEUE_ESTIMATE: "La espera es de unos {estimate}.",
        QUEUE_CALLBACK: "Para que le llamemos sin perder su lugar, oprima 1.",
        QUEUE_MESSAGE: "Para dejar un mensaje, oprima 2.",
        QUEUE_WAIT: "Gracias por esperar. Por favor permanezca en la línea.",
        CALLBACK_ACCEPT: (
            "Llamada de vuelta{client}, {priority}, en la {line}{language}. La pidieron hace {waited}. "
            "Oprima 1 para llamar a la persona ahora, 2 para pasarla."
        ),
        CALLBACK_ACCEPT_AGAIN: (
            "Llamada de vuelta{client}, {priority}, en la {line}{language}. La pidieron hace {waited} y ya se intentó. "
            "Oprima 1 para llamar a la persona ahora, 2 para pasarla, 3 si ya habló con ella."
        ),
        CALLBACK_CALLING: "Caso {ticket}. Llamando. Si solo contesta una máquina, oprima asterisco.",
        CALLBACK_SPOKEN: "Caso {ticket}. Si habló con la persona, oprima 1. Si no, oprima 2.",
        CALLBACK_DONE: "Gracias. El caso {ticket} es suyo. Adiós.",
        CALLBACK_AGAIN: "No se encontró a nadie. Probamos de nuevo en diez minutos. Adiós.",
        CALLBACK_NOT_REACHED: "No se encontró a nadie. El caso {ticket} queda abierto. Adiós.",
        CALLBACK_OVER: "Ya se atendió esta llamada de vuelta. Gracias. Adiós.",
        CALLBACK_TRY_LATER: "No podemos hacer esta llamada en este momento; le avisaremos otra vez. Adiós.",
        MESSAGE_CALLBACK: (
            "Usted pidió llamar por un mensaje, {priority}, en la {line}{language}. "
            "Oprima 1 para llamar a la persona ahora, 2 para dejarlo."
        ),
        MESSAGE_CALLBACK_LEFT: "No se llama a nadie. El mensaje sigue con usted. Adiós.",
        MESSAGE_CALLBACK_DONE: "Gracias. El mensaje del caso {ticket} está atendido. Adiós.",
        MESSAGE_CALLBACK_NOT_REACHED: "No se encontró a nadie. El mensaje sigue con usted. Adiós.",
        MESSAGE_CALLBACK_TRY_LATER: "No podemos llamar a la persona en este momento. Pídalo otra vez. Adiós.",
        MESSAGE_CALLBACK_SAY_AGAIN: "No pudimos anotarlo. Por favor anote en la página qué resultó. Adiós.",
        UPDATE_DUE: (
            "Caso {ticket}, {priority}. Se debe dar una novedad {due}. Oprima 1 para decirla después del tono, "
            "2 si nada ha cambiado todavía, 3 para pasarlo a otra persona."
        ),
        UPDATE_OVERDUE: (
            "Caso {ticket}, {priority}. Falta la novedad que se debía dar {due}. Oprima 1 para decirla después del "
            "tono, 2 si nada ha cambiado todavía, 3 para pasarlo a otra persona."
        ),
        UPDATE_SPEAK: (
            "Después del tono diga lo que la persona debe saber. No nombre a ningún paciente. Oprima numeral al "
            "terminar."
        ),
        UPDATE_NOT_HEARD: "No oímos nada. Por favor envíe la novedad por texto. Adiós.",
        UPDATE_KEPT: "Gracias. El caso {ticket} tiene su novedad. La próxima se debe dar {due}. Adiós.",
        UPDATE_UNCHANGED: "Anotado: nada ha cambiado todavía. La próxima novedad se debe dar {due}. Adiós.",
        UPDATE_NOTED: "Gracias. El caso {ticket} tiene su novedad. Adiós.",
        UPDATE_PASSED: "Lo pasamos a otra persona. Adiós.",
        UPDATE_OVER: "El caso {ticket} no necesita novedad ahora. Gracias. Adiós.",
        UPDATE_TRY_AGAIN: "No pudimos anotarlo. Por favor envíe un texto: UPDATE, {ticket} y la novedad. Adiós.",
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
