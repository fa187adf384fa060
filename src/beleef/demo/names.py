"""Invented people and companies need names: lists of common Dutch names, places and streets, put together by chance.

Nobody in the demo exists. Telephone numbers start with 0 behind the area code, which no exchange gives out.
"""

# ruff: noqa: SIM905 - a long list of names is easier to read as one text

FIRST_NAMES = (
    "Emma Sanne Julia Lotte Anouk Fleur Sophie Lisa Eva Iris Femke Maud Noor Roos Marloes Marieke Annemarie Ingrid "
    "Petra Monique Wilma Ria Joke Tineke Hanneke Yvonne Saskia Esther Mirjam Carla Fatima Samira Aïsha Naima Esra "
    "Elif Yasmin Chantal Priya Mei Zoë Renée Loïs Chloé Anaïs Daan Sem Lucas Levi Finn Milan Bram Thijs Luuk Jesse "
    "Ruben Lars Thomas Tim Niels Jeroen Bart Martijn Dennis Mark Erik Peter Jan Kees Henk Piet Willem Gerrit Johan "
    "Hans Ton Wim Joost Sander Maarten Mohammed Youssef Ahmed Mehmet Emre Rachid Karim Ravi Wei Kofi Jurriën René "
    "André Sjoerd Wietske Femme Douwe Jelle Tjitske Sietske Hidde Melle Guus Pien Teun Stijn Gijs Floor Vera Nina"
).split()

LAST_NAMES = (
    "de Jong|Jansen|de Vries|van den Berg|Bakker|van Dijk|Visser|Janssen|Smit|Meijer|de Boer|Mulder|de Groot|Bos|"
    "Vos|Peters|Hendriks|van Leeuwen|Dekker|Brouwer|de Wit|Dijkstra|Smits|de Graaf|van der Meer|van der Linden|Kok|"
    "Jacobs|de Haan|Vermeulen|van den Heuvel|van der Veen|van den Broek|de Bruijn|de Bruin|van der Heijden|Schouten|"
    "van Beek|Willems|van Vliet|van de Ven|Hoekstra|Maas|Verhoeven|Koster|van Dam|van der Wal|Prins|Blom|Huisman|"
    "Peeters|de Jonge|Kuipers|van Veen|Kuiper|Veenstra|Postma|Kramer|van den Brink|Scholten|van Wijk|Post|Martens|"
    "Vink|de Ruiter|Timmermans|Groen|Gerritsen|Jonker|van Loon|Boer|van der Velde|Willemsen|Bosch|van den Bosch|"
    "van der Horst|Verbeek|Koning|van Doorn|Evers|Wolters|Sanders|Hermans|van 't Hof|in 't Veld|ter Horst|te Brake|"
    "op den Kamp|Öztürk|Kaya|Demir|El Amrani|Bouzid|Chen|Nguyen|Singh|Pinas|Kowalska|Müller|Şahin|Zijlstra|Terpstra"
).split("|")

PLACES = (
    ("Rotterdam", 3011, "010"),
    ("Tilburg", 5011, "013"),
    ("Delft", 2611, "015"),
    ("Amsterdam", 1011, "020"),
    ("Haarlem", 2011, "023"),
    ("Nijmegen", 6511, "024"),
    ("Arnhem", 6811, "026"),
    ("Utrecht", 3511, "030"),
    ("Amersfoort", 3811, "033"),
    ("Hilversum", 1211, "035"),
    ("Almere", 1311, "036"),
    ("Zwolle", 8011, "038"),
    ("Eindhoven", 5611, "040"),
    ("Maastricht", 6211, "043"),
    ("Heerlen", 6411, "045"),
    ("Sittard", 6131, "046"),
    ("Groningen", 9711, "050"),
    ("Enschede", 7511, "053"),
    ("Apeldoorn", 7311, "055"),
    ("Leeuwarden", 8911, "058"),
    ("Den Haag", 2511, "070"),
    ("Leiden", 2311, "071"),
    ("Alkmaar", 1811, "072"),
    ("Den Bosch", 5211, "073"),
    ("Hengelo", 7551, "074"),
    ("Zaandam", 1501, "075"),
    ("Breda", 4811, "076"),
    ("Venlo", 5911, "077"),
    ("Dordrecht", 3311, "078"),
    ("Zoetermeer", 2711, "079"),
)
"""Place, the first postcode of its series, and its area code."""

STREETS = (
    "Dorpsstraat|Kerkstraat|Molenweg|Lindelaan|Kastanjelaan|Beukenlaan|Eikenlaan|Schoolstraat|Stationsweg|"
    "Nieuwstraat|Julianastraat|Wilhelminalaan|Parklaan|Havenstraat|Marktstraat|Berkenlaan|Esdoornstraat|Meidoornlaan|"
    "Merelstraat|Zwaluwlaan|Roerdompstraat|Vinkenhof|Tulpstraat|Rozenstraat|Hyacintplein|Waterlelie|Noorderkade|"
    "Oude Gracht|Zuiderdijk|Weverspad|Bakkersgang|Kuiperswerf|Rembrandtlaan|Vondelstraat|Multatulistraat|"
    "Prins Hendrikkade|Burgemeester de Vlugtlaan|'t Hofje|Laan van Meerzicht|Achter de Wal"
).split("|")

SHOPS = (
    "Amsterdam", "Rotterdam", "Den Haag", "Utrecht", "Eindhoven", "Groningen", "Zwolle", "Nijmegen", "Breda", "Haarlem",
    "Leeuwarden", "Maastricht",
)  # fmt: skip
"""The twelve shops."""

COMPANY_WORDS = (
    "Zeearend Kwartier Noordlicht Zandloper Grutto Lepelaar Bolder Kompas Zuidwind Morgenrood Kiezel Waterval Anker "
    "Speelman Vuurtoren Rietkraag Zilverberk Polderlicht Kantelaar Windroos"
).split()

COMPANY_KINDS = (
    ("Advies", "consultancy"), ("Architecten", "architecture"), ("Tandartsen", "health"), ("Notarissen", "legal"),
    ("Kinderopvang", "childcare"), ("Hotel", "hospitality"), ("Makelaars", "property"), ("Techniek", "engineering"),
    ("Uitgeverij", "publishing"), ("Accountants", "finance"),
)  # fmt: skip
