"""Texts in which what is somebody's stands between double brackets, with its kind; the rest is to be left alone."""

import re

MARKED = re.compile(r"\[\[([A-Z]+) (.*?)\]\]", re.DOTALL)

SOMEBODYS = (
    "My name is [[NAME Anna Smith]] and I'd like a deep clean on Tuesday.",
    "my name is [[NAME anna]], can you come at 3:30 pm?",
    "Hi, this is [[NAME Jörg van der Berg]] speaking. Do you have Monday free?",
    "You can reach me at [[PHONE (212) 555-0147]] after 5 pm.",
    "My number is [[PHONE 555-0147]].",
    "Call [[PHONE +44 20 7946 0958]] or [[PHONE +49 30 901820]], please.",
    "It's [[PHONE 415.555.2671]], ask for [[NAME Miguel Ángel]].",
    "phone: [[PHONE 07700 900123]]",
    "Text me on [[PHONE 2125550147]], thanks!",
    "five digits? no: [[PHONE two one two, five five five, zero one four seven]].",
    "Send it to [[EMAIL anna.smith+home@example.co.uk]] by Friday.",
    "it is [[EMAIL anna at example dot com]]",
    "I live at [[ADDRESS 221B Baker Street]], second floor.",
    "The address is [[ADDRESS 1600 Pennsylvania Ave NW]]".replace(" NW]]", "]] NW"),
    "Please come to [[ADDRESS 42 oak street apt 7]] on 2025-10-07.",
    "[[ADDRESS 10 W. Main St., Springfield, IL 62704]] is where I am.",
    "Wir wohnen in der [[ADDRESS Goethestraße 12]] und haben Zeit am 7.10.2025.",
    "J'habite [[ADDRESS 12 rue de la Paix]], merci.",
    "Mi casa: [[ADDRESS Calle Mayor 5]].",
    "My zip code is [[ADDRESS 94107]].",
    "We are in [[ADDRESS CA 94107]], near the park.",
    "Mail it to [[ADDRESS PO Box 1234]].",
    "The card is [[CARD 4111 1111 1111 1111]], expires 12/27.",
    "Charge [[CARD 5500005555555559]] for $140.00.",
    "IBAN [[IBAN DE89 3704 0044 0532 0130 00]], thank you.",
    "My SSN is [[SSN 219-09-9999]].",
    "Hello [[NAME Maria]], your appointment is on Thursday at 14:00.",
    "Thanks, [[NAME Bob]]!",
    "Great, [[NAME Mrs. O'Brien]]. What day suits you?".replace("[[NAME Mrs. O'Brien]]", "Mrs. [[NAME O'Brien]]"),
    "Dear Dr. [[NAME Lee]], we have 9:00 free.",
    "See you then.\nBest regards,\n[[NAME Tom Becker]]",
    '{"customer_name": "[[NAME Priya Patel]]", "phone": "[[PHONE 312-555-0188]]", "time": "14:00"}',
    '{"service": "deep", "email": "[[EMAIL p@q.org]]", "zip": "[[ADDRESS 60601]]"}',
    "[[NAME Kenji]] here, is Saturday possible?",
    "Book it under [[NAME Susan Miller]] please.",
    "The appointment for [[NAME Ali Hassan]] moved to 16:00.",
    "I'm [[NAME Chloe]], we spoke yesterday.",
    "You are [[NAME Chris Nobody]] of [[ADDRESS 51 Garden Row]], phone [[PHONE 555-0179]]. You want a clean.",
    "I am [[NAME Max Sample]], [[ADDRESS 37 Chapel Hill]].",
    "call me back at [[PHONE 020 7946 0958]] tomorrow",
    "Fax [[PHONE 1-800-555-0199]] works too.",
)

NOBODYS = (
    "Tuesday 2025-10-07 at 3:30 pm would be best.",
    "Do you have anything between 10:00-12:00 or 14.00 to 16.30?",
    "The deep clean costs $140, the office clean $1,200.50.",
    "Order 12345678 was moved from 10/07/2025 to 10/08/2025.",
    "Your booking number is 4815162342.",
    "Session retrain_baseline_1696680000000, version 3, run 7f9c2b1e-8a44-4b1c-9d61-0a2b3c4d5e6f.",
    "I'm Looking for a Standard clean on Monday.",
    "This is Great, thanks! Thursday works.",
    "Hello! How can I help you today?",
    "Hi there, I am available from 9 am on weekdays.",
    "It takes 2 hours and 30 minutes down the road.",
    "We have 3 people and 4 rooms; that is 5 times a year.",
    "Thanks, Monday works.",
    "Sorry, Friday is taken. Perfect, Wednesday then.",
    "My name is on the account already.",
    "The error was 404 at 12:30:15 after 1500 ms.",
    "The room is 20 x 30 feet, about 600 square feet.",
    "I need it under 200 dollars.",
    "Call 911 if it burns.",
    "Flight HAT204 leaves at 06:10 and costs 150 USD.",
    "It's Tuesday. I'm Fine. Call me Tomorrow.",
    "You are 3 in a row up the hill; the 2 Park rangers agreed.",
    "We open Monday to Saturday, 8 to 18, since 1998-2003.",
    "Item 9523456873 in size 8, colour Blue.",
    "check_availability(day='Monday', service='deep') -> ['9:00', '10:00']",
)


def read(marked):
    """The text, and what in it is somebody's as (kind, words)."""
    return MARKED.sub(lambda it: it.group(2), marked), [it.groups() for it in MARKED.finditer(marked)]
