"""What customers and agents write, as a grammar: over 500 strings in which what is somebody's is marked, and much that only looks like it.

It was kept before any rule was measured by it, and neither is changed for the
other: what a rule misses here is told as missed.

A sentence holds symbols in braces; a symbol with a kind stands for something of
somebody's, any other for something of nobody's. Productions take turns, so that
every one is used and the strings are always the same.
"""

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Final

TURNS: Final = 4
"""How often each sentence is written, with other words each time."""
MARKED: Final = re.compile(r"\[\[([A-Z]+) (.*?)\]\]", re.DOTALL)
_SYMBOL: Final = re.compile(r"\{(\w+)\}")

_SOMEBODYS: Final = {
    "NAME": (
        "Anna Kowalski|Nguyen Thi Mai|Oluwaseun Adeyemi|Siobhán Ó Briain|Jean-Luc Moreau|María José García López|Xiu Ying Chen|"
        "Fatima al-Sayed|D'Angelo Russell|Priyanka Ramanathan|Lars Østergaard|Kate|Mohammed|Ewa Nowak|Tyrone Washington|Grace Kim|"
        "J. R. Whitfield|Beatriz|Heinz-Peter Vogel|Sofia De Luca|Rohan|Mercy Wanjiru|Hannah O'Connor|Ivan Petrov|Li Wei|Summer Hayes|"
        "Mark Twombly|Will Price|April Jensen|Rose Fields"
    ),
    "LAST": "Kowalski|O'Neill|van Dijk|Ramanathan|Müller|Petrov|Castillo-Reyes|Lee|Brown|Wanjiru|Haddad|Price",
    "FIRST": "Anna|José|Siobhan|Priya|Tyrone|Mei|Lars|Fatima|Kate|Ivan|April|Björn",
    "SMALL": "anna kowalski|tyrone washington|mei chen|rohan patel|kate|jose garcia|siobhan murphy|ivan petrov",
    "PHONE": (
        "(415) 555-0132|415-555-0132|415.555.0132|415 555 0132|4155550132|+1 415 555 0132|+1 (415) 555-0132|+14155550132|"
        "1-800-555-0145|+44 20 7946 0018|020 7946 0018|07700 900456|+44 7700 900456|+49 30 1234567|0171 1234567|030/1234567|"
        "+33 6 12 34 56 78|06 12 34 56 78|+34 612 345 678|+91 98765 43210|+61 2 5550 1234|(02) 5550 1234|+353 1 555 0199|"
        "(415)555-0132|415-555-0132 ext. 12"
    ),
    "SHORT": "555-0132|555 0132|5550132",
    "SPOKEN": (
        "four one five, five five five, zero one three two|four one five five five five oh one three two|"
        "oh seven seven double oh, nine zero zero, four five six"
    ),
    "EMAIL": (
        "anna.kowalski@example.com|o.adeyemi+clean@mail.example.co.uk|mei_chen88@example.org|ivan@petrov.example.io|"
        "KATE@EXAMPLE.COM|j-l.moreau@example.fr|info.haddad@sub.example.de|x@y.example.net|priya99@example.app|d'angelo@example.com|"
        "anna (at) example.com|kate [at] example [dot] com|rohan at example dot com|anna.kowalski@exämple.de"
    ),
    "CARD": (
        "4111 1111 1111 1111|4111111111111111|4242-4242-4242-4242|5555 5555 5555 4444|5105105105105100|3782 822463 10005|"
        "378282246310005|6011 1111 1111 1117|3056 9309 0259 04|3530111333300000|4000 0566 5566 5556"
    ),
    "IBAN": (
        "DE89 3704 0044 0532 0130 00|GB82 WEST 1234 5698 7654 32|FR14 2004 1010 0505 0001 3M02 606|NL91ABNA0417164300|"
        "ES91 2100 0418 4502 0005 1332|IT60X0542811101000000123456|AT61 1904 3002 3457 3201|de89370400440532013000"
    ),
    "SSN": "219-09-9999|078-05-1120|219 09 9999|457-55-5462",
    "ADDRESS": (
        "742 Evergreen Terrace|18 Lincoln Avenue|1207 W. Fulton St, Apt 3B|9 Maple Ct.|350 5th Ave, New York, NY 10118|"
        "4400 Old Mill Road, Springfield, IL 62704|27 St. John's Place|88 Rosewood Blvd, Unit 12|6 High Street|14 Elm Park Gardens|"
        "Flat 3, 12 Queen's Road|221B Baker Street, London NW1 6XE|P.O. Box 5512|77 Massachusetts Ave|31 Sunset Drive, Miami, FL 33139|"
        "1 Infinite Loop|5 Harbour View|2300 County Road 17|10 Downing St, London SW1A 2AA|59 North 3rd Street, #4F"
    ),
    "ABROAD": (
        "Hauptstraße 24|Goethestr. 7b, 10115 Berlin|Am Alten Markt 3|Lindenallee 110|12 rue de Rivoli|8 bis, avenue Victor Hugo|"
        "Calle de Alcalá 45|Avenida de América 12, 3º B|Via Roma 31|Rua Augusta 1500|Keizersgracht 174|Prinzenweg 9"
    ),
    "STREET": (
        "742 evergreen terrace|18 lincoln avenue|350 fifth avenue apartment nine|27 saint johns place|1207 west fulton street|6 high st"
    ),
    "ZIP": "94107|62704-1234|10118|33139",
    "POSTCODE": "SW1A 2AA|M1 1AE|EC1A 1BB|NW1 6XE",
}
_KINDS: Final = {
    **dict.fromkeys(("NAME", "LAST", "FIRST", "SMALL"), "NAME"),
    **dict.fromkeys(("PHONE", "SHORT", "SPOKEN"), "PHONE"),
    **dict.fromkeys(("ADDRESS", "ABROAD", "STREET", "ZIP", "POSTCODE"), "ADDRESS"),
    **{it: it for it in ("EMAIL", "CARD", "IBAN", "SSN")},
}
_NOBODYS: Final = {
    "date": "10/14/2025|2025-10-14|14.10.2025|October 14th|the 14th of October 2025|Oct 14, 2025|Tuesday, October 14|next Tuesday|14 Oct",
    "time": "3:30 pm|15:30|9 a.m.|half past nine|between 10:00 and 12:30|10-12|noon|8.30|1530 hours",
    "price": "$140|$1,240.50|140 dollars|USD 140|€89.90|89,90 €|£75|about 120 bucks|12.5%",
    "order": "12345678|4815162342|ORD-2025-004512|#W8835847|INV 202510140017|1Z999AA10123456784|AB12CD34|9400 1000 0000 0000 0000 00",
    "area": "1200 square feet|85 m²|20 x 30 ft|a 3 bed 2 bath|two storeys",
    "service": "Deep Clean|Standard Clean|Move-Out Clean|Carpet Wash|Window Service|Spring Special",
    "company": "Bright Home Cleaning|Sparkle & Sons|CleanSpace Pro|Lakeside Dental|Northwind Hotel",
    "city": "Austin|Madison|Florence|Charlotte|Paris|Jackson",
    "id": "7f9c2b1e-8a44-4b1c-9d61-0a2b3c4d5e6f|sess_01J9ZK4T7Q|retrain_baseline_1696680000000|cus_0042|v2.14.3|0x8007000E",
    "count": "2 hours 15 minutes|3 people|45 minutes|1500 ms|6 windows|24/7",
    "number": "1234567890123456|4111 1111 1111 1112|0001112223|555555|1696680000|2025101415",
    "plant": "Rose|Iris|Basil|Heather|Ivy",
}
SENTENCES: Final = r"""
# a customer who says who they are
Hi, my name is {NAME} and I'd like to book a {service}.
my name is {SMALL} i need somebody on {date}
Hello, {NAME} here. Is {date} free?
This is {NAME}, I booked for {date}.
I'm {NAME}, we spoke last week about order {order}.
It's {FIRST} again.
name's {FIRST}, {service} please
You can put it under {NAME}.
The booking is under the name {LAST}.
Last name {LAST}, first name {FIRST}.
{LAST}, {FIRST} - account {id}
I'm calling on behalf of my mother, {NAME}.
Please ask for my husband {FIRST} at the door.
My wife {FIRST} will let you in at {time}.
Mrs. {LAST} would like {date} at {time}.
Dr {LAST} from the second floor wants {count}.
ask for {FIRST} when you arrive
The tenant, {NAME}, moves out on {date}.
My daughter's called {FIRST}.
{FIRST} and I will be home from {time}.
this is {SMALL} speaking
Me llamo {NAME} y quiero una cita el martes.
Ich heiße {NAME} und brauche einen Termin am 14.10.
Je m'appelle {NAME}, pour mardi à 15h30.
# an agent who answers by name
Thank you, {FIRST}! Your {service} is booked for {date} at {time}.
Hello {NAME}, how can I help you today?
Great, Ms. {LAST}. That will be {price}.
Dear {NAME},\n\nyour appointment on {date} is confirmed.\n\nKind regards,\n{company}
Perfect, {FIRST}, see you {date}.
I have you down as {NAME}, is that right?
Could you spell {LAST} for me?
I've moved {FIRST}'s appointment to {time}.
Thanks for your patience, {FIRST}. The total is {price}.
So that's {NAME}, {ADDRESS}, on {date}.
Best,\n{NAME}
Cheers {FIRST}
# telephones
Call me at {PHONE} after {time}.
My number is {PHONE}.
phone {PHONE}, thanks
You can text {PHONE}.
{PHONE} is the best number for me.
Reach me on {PHONE} or {EMAIL}.
cell: {PHONE}
Mobile {PHONE} / landline {PHONE}
My old number was {PHONE}, the new one is {PHONE}.
it's {SHORT}, local
My phone is {SHORT}.
my number is {SPOKEN}
sure, {SPOKEN}
Is {PHONE} still right for you?
The gate code goes to {PHONE}, order {order}.
Tel.: {PHONE}
WhatsApp me: {PHONE}
{PHONE}
# addresses of mail
Send the invoice to {EMAIL}.
my email is {EMAIL} ok
{EMAIL}
Email: {EMAIL}; phone: {PHONE}
Use {EMAIL}, not {EMAIL}.
I wrote from {EMAIL} on {date} about {price}.
Contact <{EMAIL}>
mailto:{EMAIL}
# where somebody lives
I live at {ADDRESS}.
My address is {ADDRESS}.
Please come to {ADDRESS} on {date} at {time}.
We're at {ADDRESS}, {area}.
{ADDRESS}
The place is {ADDRESS}, buzz twice.
it's {STREET}, {area}
my address is {STREET}
come to {STREET} around {time}
Address: {ADDRESS}\nDate: {date}\nTime: {time}
From {ADDRESS} to {ADDRESS}, {count} of packing.
Wir wohnen {ABROAD}, bitte klingeln.
J'habite {ABROAD}.
Vivo en {ABROAD}, gracias.
Our flat is in {ABROAD}.
My zip is {ZIP}.
zip code {ZIP}, {area}
We're in {POSTCODE}, near the station.
Postcode {POSTCODE} please
I've noted {ADDRESS} for the {service}.
Ship it to {NAME}, {ADDRESS}.
# money and papers
My card is {CARD}, exp 12/27.
charge {CARD} for {price}
{CARD}
Card number: {CARD}, CVV to follow.
The card ending differently is {CARD}.
Transfer it to {IBAN}.
IBAN: {IBAN}
my iban {IBAN} thanks
SSN {SSN}
My social is {SSN}, date {date}.
I paid {price} with {CARD} on {date}.
# what tools are called with, and what they answer
{"customer_name": "{NAME}", "phone": "{PHONE}", "date": "2025-10-14"}
{"name": "{NAME}", "email": "{EMAIL}", "service": "{service}"}
{"first_name": "{FIRST}", "last_name": "{LAST}", "zip": "{ZIP}"}
book(customer='{NAME}', slot='15:30', service='deep')
{"address1": "{ADDRESS}", "order_id": "{order}"}
{"contact": {"full_name": "{NAME}", "mobile": "{PHONE}"}, "total": 140}
name={NAME};phone={PHONE};id={id}
{NAME}\t{PHONE}\t{date}
Customer: {NAME} ({EMAIL})
To: {NAME} <{EMAIL}>
# several at once, as people write
hey its {SMALL}, {PHONE}, {STREET}, any time {date}
{NAME}\n{ADDRESS}\n{PHONE}
{NAME}, {EMAIL}, {PHONE}
Name: {NAME}\nPhone: {PHONE}\nAddress: {ADDRESS}\nCard: {CARD}
Sorry, wrong person: I'm {NAME}, not {NAME}. Call {PHONE}.
# nobody's
I'd like {date} at {time}.
Do you have anything {time} on {date}?
The {service} is {price} for {area}.
My order {order} was moved from {date} to {date}.
Booking number {order} please.
Confirmation: {order}
Reference {number}, placed {date}.
It takes {count} and costs {price}.
I'm in {city} until {date}.
We drove to {city} and back.
This is {company}, how may I help?
I'm Available on {date}.
Is the {service} on {date} still open?
Session {id} failed after {count}.
Error {id}: retry at 2025-10-14T15:30:00Z
tracking {order}
Account {number} is overdue by {price}.
The code is {number}.
Hello! Welcome to {company}.
Thanks, {date} works for me.
Hi there, Looking for a {service} in {city}.
Our hours are Monday to Friday, 8:00-18:00, since 1998.
Call us {count} a week.
It's a House on two floors, {area}.
Perfect, Tuesday then. Thanks, Bye!
The garden has {plant} and mint.
Please water the {plant} too.
check_availability(date='2025-10-14', service='{service}') -> ['9:00', '10:30', '15:30']
{"date": "2025-10-14", "time": "15:30", "price": 140, "order_id": "{order}"}
Rate us 5 of 5; {count} on average.
Under {price} is fine.
I need it for {count}, not more.
Room {number}, level 3
Our policy of {date} says {price} a visit.
Dear Customer,\n\nyour {service} was moved to {date}.\n\nBest regards,\nThe Team
No, the 15th to the 18th, 2 of 3 rooms.
Flight HAT204 at 06:10, gate {number}
Open Thursday? Great. Sorry, Friday I meant.
My name is on the list already.
Version {id} of the app on iOS 17.4.1
"""
"""One a line, with its line breaks and tabs as they are escaped; a symbol is a word in braces."""


def strings() -> Iterator[str]:
    """Every string, what is somebody's in it as `[[KIND words]]`.

    >>> len(set(strings())) >= 500
    True
    """
    turns = {name: cycle(text.split("|")) for name, text in (*_SOMEBODYS.items(), *_NOBODYS.items())}

    def written(match: re.Match[str]) -> str:
        name = match.group(1)
        words = next(turns[name])
        return f"[[{_KINDS[name]} {words}]]" if name in _KINDS else words

    for line in SENTENCES.strip().splitlines():
        sentence = line.replace(r"\n", "\n").replace(r"\t", "\t")
        if not sentence.startswith("#"):
            yield from (_SYMBOL.sub(written, sentence) for _ in range(TURNS if _SYMBOL.search(sentence) else 1))


def read(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """A string without its marks, and where in it what is somebody's stands: (kind, start, end).

    >>> read("I'm [[NAME Kate]].")
    ("I'm Kate.", [('NAME', 4, 8)])
    """
    text, found, at = "", [], 0
    for it in MARKED.finditer(marked):
        text += marked[at : it.start()]
        found.append((it.group(1), len(text), len(text) + len(it.group(2))))
        text, at = text + it.group(2), it.end()
    return text + marked[at:], found
