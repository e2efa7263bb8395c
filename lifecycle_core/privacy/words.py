"""Words by which a name, a street or a number is told, and words that stand where one might and are none."""

from typing import Final


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STREETS: Final = _listed(
    "street st avenue ave road rd boulevard blvd lane ln drive dr court ct place pl way terrace ter square sq highway hwy parkway pkwy "
    "circle cir close crescent mews gardens trail"
)
CAPITAL_STREETS: Final = (*STREETS, *_listed("row hill grove park gate walk green yard quay plaza loop rise view heights"))
"""Streets as they end after a word with a capital; small, these words would be found in any sentence."""
UNITS: Final = _listed("apt apartment unit suite ste flat floor fl no")
STATES: Final = _listed(
    "AL AK AZ AR CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX "
    "UT VA VT WA WI WV WY"
)
STATE_NAMES: Final = (
    *_listed("Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois Indiana Iowa"),
    *_listed("Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska Nevada Ohio"),
    *_listed("Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Washington Wisconsin Wyoming"),
    *("New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Rhode Island", "South Carolina"),
    *("South Dakota", "West Virginia"),
)
NO_STREETS: Final = _listed(
    "the a an my your our from down up on in at to of and or for hour hours hr hrs minute minutes min mins day days week "
    "weeks month months "
    "year years am pm block blocks mile miles km people person persons room rooms bedroom bedrooms bathroom bathrooms time times more less "
    "than that this is are was it by per dollar dollars usd o'clock star stars percent"
)
"""What follows a number and begins no street."""

PHONE_CUES: Final = (
    *_listed("phone call number mobile cell tel telephone whatsapp fax contact"),
    *("call me", "call me back", "text me", "reach me", "reach them", "reach us"),
)
NO_PHONE_CUES: Final = _listed("order booking reference confirmation reservation invoice ticket case tracking flight item product")
"""What is told by a number, and called by none."""
DIGITS: Final = _listed("zero oh one two three four five six seven eight nine")

NAME_CUES: Final = (
    "my name is",
    "my name[\u2019']s",
    "the name[\u2019']s",
    "name is",
    "the name of",
    "i am",
    "you are",
    "i[\u2019']m",
    "this is",
    "it[\u2019']s",
    "here is",
    "call me",
    "calling for",
    "ask for",
    "speak to",
    "speak with",
    "under",
    "booked for",
    "booking for",
    "appointment for",
    "me llamo",
    "ich hei\u00dfe",
    "je m[\u2019']appelle",
)
SURE_NAME_CUES: Final = ("my name is", "my name[\u2019']s", "the name is")
"""After these, a name may be written small."""
TITLES: Final = _listed("Mr Mrs Ms Miss Mx Dr Prof Herr Frau Se\u00f1or Se\u00f1ora Sr Sra Madame Monsieur")
GREETINGS: Final = (
    *_listed("hi hello hey dear thanks welcome sorry great perfect sure understood bye goodbye"),
    *("thank you", "got it", "good morning", "good afternoon", "good evening"),
)
SIGNATURES: Final = _listed("regards sincerely cheers thanks yours")
LABELS: Final = _listed("first last full customer contact client guest user patient passenger")
PARTICLES: Final = _listed("van von de der la al bin di da del")
NO_NAMES: Final = _listed(
    "on in at to not and but or the a an my your our i it is for from with here there required needed missing spelled listed under "
    "registered different correct wrong already same still looking calling sorry yes no please unknown too so of that this what which"
)
"""What follows "my name is" and begins no name."""

CAPITALISED: Final = frozenset(
    _listed(
        "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun "
        "january february march april may june july august september october november december jan feb mar apr jun jul aug sep "
        "sept oct nov dec "
        "today tomorrow tonight yesterday morning afternoon evening noon midnight weekend christmas easter thanksgiving "
        "i i'm i'd i'll i've it it's its the a an this that these those there here we we'll we're you you're your they he she my our "
        "yes no not ok okay sure please thanks thank hello hi hey dear great good perfect sorry welcome understood absolutely certainly "
        "of so and but or if when what which who why how where can could would will shall should do does did is are was were am "
        "be have has had "
        "let let's just also customer client sir madam ma'am team support service services agent assistant bot ai manager reception staff "
        "everyone all folks guys again standard deep move-out office regular basic premium full express clean cleaning "
        "cleanspace space pro "
        "booking appointment appointments price pricing looking calling trying hoping interested available unavailable free busy "
        "fine happy "
        "glad afraid going getting having done one two three four five six seven eight nine ten pm usd "
        "id mr mrs ms miss mx dr prof herr frau english spanish french german american british canadian us uk usa"
    )
)
"""Words that may begin with a capital where a name would stand, written small."""


def either(words: tuple[str, ...]) -> str:
    """The alternatives of a pattern, the longest first; a gap in a word is any gap.

    >>> either(("st", "street"))
    '(?:street|st)'
    """
    return f"(?:{'|'.join(word.replace(' ', chr(92) + 's+') for word in sorted(words, key=len, reverse=True))})"
