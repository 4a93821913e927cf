"""Words beside a name that tell that it is one."""

from __future__ import annotations

from typing import Final

TITLES: Final = frozenset(
    """mr mrs ms miss mister missus dr doctor prof professor sir madam herr herrn frau fraulein doktor senor senora
        senorita don dona sr sra doctora profesor profesora licenciado licenciada ingeniero monsieur madame mademoiselle
        mme mlle docteur maitre senhor senhora doutor doutora professora dottore signor signora""".split()
)
"""Before a family name. Some are words of other languages or of their own: see :data:`TITLES_OF`."""
TITLES_OF: Final = {
    "don": ("es",), "dona": ("pt", "es"), "miss": ("en",), "sir": ("en",), "frau": ("de",), "maitre": ("fr",), "sr": ("es", "pt"),
    "sra": ("es", "pt"), "ms": ("en",),
}  # fmt: skip
"""Languages in which alone a word is a title."""
INTRODUCTIONS: Final = (
    "my name is", "my name s", "name is", "i am called", "this is mr", "mein name ist", "mein name lautet", "ich heisse",
    "me llamo", "mi nombre es", "se llama", "je m appelle", "mon nom est", "s appelle", "meu nome e", "me chamo", "chamo me", "se chama",
    "named", "namens", "called mr", "llamado", "llamada", "nomme", "nommee", "chamado", "chamada",
    "er heisst", "sie heisst", "kollegin heisst", "kollege heisst", "chef heisst", "kunde heisst", "kundin heisst",
)  # fmt: skip
"""What stands before a name that somebody is introduced by."""
CALLS: Final = {
    "en": """ask asked asking tell told telling thanks thank hey hi hello ping pinged dear colleague cc invite invited remind reminded
        interview interviewed teammate intern hire hired boss manager ceo cto cfo ms congratulate welcome""",
    "de": """frag frage fragt fragen frau danke dank hallo hi kollege kollegin kollegen chef chefin kunde lieber liebe laut servus moin
        sag""",
    "es": """hola oye gracias companero companera colega jefe jefa preguntale preguntarle dile decirle cuentale avisale pidele querido
        querida senora segun llama llamale escribele""",
    "fr": """bonjour salut merci collegue demande demandez demander dis dites cher chere selon appelle previens remercie""",
    "pt": """oi ola obrigado obrigada colega chefe pergunta pergunte perguntar diga fala segundo caro cara avisa avise""",
}
"""Single words before somebody who is called or spoken to."""
CALL_PHRASES: Final = {
    "en": """spoke with|speak with|talked to|talk to|talking to|spoke to|speak to|met with|call with|chat with|thank you|over to you|over to|
        loop in|bring in|check with|work with|works with|worked with|hear from|heard from|according to|waiting for|wait for|
        checked with|sync with|up with|meeting with|email from|question for|hand over to|handing over to|goes to|
        assigned to|assign to|good morning|good afternoon|point|agree with|reach out to|input from|update from|wait on|
        shout out to|credit to""",
    "de": """sprich mit|gesprochen mit|rede mit|telefonat mit|vielen dank|danke dir|guten morgen|guten tag|kannst du mal|von herrn|
        gruß an|grusse von|gruße von|gruss an|termin mit|ruf mal|das macht|macht der|macht die|meeting mit""",
    "es": """habla con|hablar con|hable con|hablamos con|hablado con|reunion con|pregunta a|preguntar a|buenos dias|dale a|espera a|
        avisa a|muchas gracias|llama a|di a|quedamos con|quede con|de acuerdo con|soy""",
    "fr": """parle avec|parler avec|parle a|parler a|demande a|demander a|vu avec|vois avec|voir avec|point avec|reunion avec|dis a|
        d accord avec|selon""",
    "pt": """fala com|falar com|falei com|falou com|reuniao com|pergunta para|pergunte a|pergunta a|pergunta pra|bom dia|boa tarde|
        combina com|acho que a|acho que o|de acordo com|muito obrigado|avisa a|avisa o""",
}
"""Phrases before somebody; of the words behind them, only what is no word of the language is a name."""
SPEECH: Final = {
    "en": """said says asked asks thinks thought mentioned mentions told tells suggested suggests agreed agrees wants wanted promised
        volunteered joined replied explained confirmed raised reported offered proposed presented pointed pings knows
        believes insisted owns""",
    "de": """sagt sagte meint meinte fragt fragte denkt findet hat schickt schreibt schrieb kummert macht ubernimmt bestatigt
        erklart glaubt mochte wollte versprach pruft leitet weiss weiß""",
    "es": """dijo dice pregunto pregunta piensa menciono sugirio quiere confirmo propuso explico prometio envio aprobo cree comento
        respondio opina ya presento""",
    "fr": """dit demande pense propose a mentionne confirme explique veut promet envoie repond croit trouve prend prendra""",
    "pt": """disse diz perguntou pergunta pensa acha mencionou sugeriu quer confirmou propos explicou prometeu enviou aprovou acredita
        respondeu ja mandou""",
}
"""What people do who are named before it."""
ROSTER_SPEECH: Final = {
    "en": "is was has had will would can could should already also just did does do are isn hasn wasn sent shared knows and or",
    "de": "ist war wird kann soll muss will hatte schon auch und oder bitte",
    "es": "es esta estaba va tiene puede debe fue ya tambien y o puedes",
    "fr": "est etait va peut doit et ou aussi tu",
    "pt": "e esta estava vai tem pode deve foi ja tambem voce",
}
"""What may follow the name of somebody who is in the meeting, and says little of other names."""
CALL_NOUNS: Final = frozenset(
    "colleague boss manager ceo cto cfo intern hire invite kollege chef kunde colega jefe chefe demande pergunta frage".split()
)
"""Words of :data:`CALLS` that may as well be told of without a name."""
YOU: Final = frozenset(
    ["can you", "could you", "would you", "do you", "did you", "are you", "have you", "were you", "kannst du", "hast du", "bist du",
     "machst du", "konntest du", "ubernimmst du", "puedes", "podrias", "me escuchas", "tu peux", "tu nous", "tu as", "peux tu", "voce pode", "pode",
     "voce", "you are", "you re", "please", "over to"]
)  # fmt: skip
"""How somebody who was named at the beginning of a sentence is spoken to."""
MODALS: Final = frozenset(["will", "can", "may", "could", "would", "should"])
SUBJECTS: Final = frozenset("""i you we they he she it this that the there be not""".split())
"""What stands behind *can*, *will* and *may* where these are verbs."""
OPENERS: Final = frozenset(
    """and but so that if because when think thinks thought guess believe know knows says said since while yes no ok
        okay well yeah whether maybe or und aber dass weil wenn ob oder glaube denke ja nein y pero que si porque cuando
        creo e mas se quando acho et mais parce quand crois""".split()
)
"""Words behind which somebody may be the subject of a new clause."""
DETERMINERS: Final = {
    "en": """a an the this that these those my your his her its our their some any every each no another more much of to very i we you they
        he she it most less is are was be""",
    "de": """der die das den dem des ein eine einen einem einer kein keine keinen mein meine meinen dein deine sein seine unser unsere ihr
        ihre im am zum zur vom ins diese dieser dieses jede jeder jedes ich wir er sie es""",
    "es": """el la los las un una unos unas este esta ese esa mi tu su nuestra nuestro al del lo yo es""",
    "fr": """le la les l un une des du d ce cet cette mon ma mes ton ta sa son ses notre votre leur au aux je on nous est""",
    "pt": """o a os as um uma uns meu minha seu sua nosso nossa essa esse isso no na dos das ao eu ele ela""",
}
"""Before an ordinary word, not before a name; in the languages that say *der Jürgen* it is no bar to a name that is no word."""
PARTICLES: Final = frozenset(
    """von van der den de da do dos del della di la le el al bin ibn ten ter zu""".split()
)
"""Small words inside of a family name."""
NO_FAMILY: Final = frozenset(
    """will may long case best day can said good well back ok early more mark young small little new right just live
        love may say see so some soon still then there too very way when where why with work green blue white black
        brown gray grey red hand hands talk walk call calls park page post price paid pay price short sharp strong stock
        store bill hope do go key keys law man mark may mills moody must near noon odd old only or other own play power
        rest rich ring roads said sale sales save sell send set short show side sign sit space staff start step stop sun
        sure take tell test wait want ward was water week weeks wells went were while who win winter wise wish word
        words works would yes yet you please mal bitte noch schon auch heute morgen gut lang klein gross alle fragen
        frage sommer winter herbst ganz bald bei schnell sicher frei fest y e o a et und and or oder ya tambien mucho
        bien hoy luego bueno bravo calle delgado rico campo casas fuerte paz rojo blanco santos flores reyes prieto
        marca costa mesa meta pino porto rocha ramos bien petit grand bon long moreau mai an as do in on over up too""".split()
)
"""Family names that are too ordinary to be taken for one behind a given name, all in small letters."""


def word_sets(table: dict[str, str]) -> dict[str, frozenset[str]]:
    """A table of words of each language, as sets."""
    return {language: frozenset(words.split()) for language, words in table.items()}


def phrase_sets(table: dict[str, str]) -> dict[str, frozenset[str]]:
    """A table of phrases of each language, divided by ``|``, as sets."""
    return {
        language: frozenset(" ".join(phrase.split()) for phrase in phrases.split("|"))
        for language, phrases in table.items()
    }
