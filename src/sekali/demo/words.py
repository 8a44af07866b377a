"""Words that invented people are made of."""

MEN = """Agus Ahmad Andi Anton Arif Bagus Bambang Bayu Budi Danang Darmawan Dedi Dimas Dwi Eko Fajar Galih Gunawan Hadi Hari
Hendra Heru Imam Indra Irfan Joko Kurnia Luhur Mulyono Nugroho Panji Prasetyo Purnomo Rahmat Rizki Rudi Slamet Sugeng Supri
Suryo Susanto Teguh Tri Untung Wahyu Wawan Widodo Yanto Yusuf Yudi""".split()

WOMEN = """Ambar Anisa Ani Aulia Ayu Citra Dewi Diah Dian Dwi Eka Endah Erna Fitri Hartini Indah Ika Ismi Kartika Lestari
Lina Maya Mega Murni Nanik Ningsih Nita Novi Nur Partini Puji Puspita Rahayu Ratna Retno Rina Rini Sari Sekar Siti Sri
Sulastri Sumarni Tari Tika Titik Utami Wahyuni Wati Yuliana""".split()

LAST = """Abidin Aditya Anggraini Ardiansyah Astuti Budiman Cahyono Firmansyah Handayani Hapsari Haryanto Hermawan Hidayat
Irawan Iskandar Kusuma Kusumawati Laksono Mahendra Maharani Maulana Nugraha Nuraini Pamungkas Permana Permata Pradana Prabowo
Pratama Priyanto Purwanto Puspitasari Putra Putri Raharjo Ramadhan Saputra Saraswati Setiawan Setyaningsih Subroto Suharto
Sulistyo Suryani Sutrisno Utomo Wibowo Wicaksono Widyastuti Wijaya Yulianto""".split()

STREETS = """Anggrek Bougenville Cempaka Dahlia Flamboyan Kamboja Kenanga Mawar Melati Nusa Seruni Soka Srikandi Teratai
Wijayakusuma""".split()

ALLERGENS = ("Penisilin", "Amoksisilin", "Sulfa", "Udang", "Kacang tanah", "Telur", "Susu sapi", "Debu", "Ibuprofen")

CHRONIC = (
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("J45.9", "Asthma, unspecified"),
    ("E78.5", "Hyperlipidaemia, unspecified"),
    ("M17.9", "Gonarthrosis, unspecified"),
)

CHRONIC_DRUGS = {
    "I10": ("Amlodipin 5 mg", "1 x 1 tablet, pagi"),
    "E11.9": ("Metformin 500 mg", "2 x 1 tablet sesudah makan"),
    "J45.9": ("Salbutamol inhaler 100 mcg", "2 semprot bila sesak"),
    "E78.5": ("Simvastatin 20 mg", "1 x 1 tablet, malam"),
    "M17.9": ("Natrium diklofenak 50 mg", "2 x 1 tablet sesudah makan"),
}

ACUTE = (
    ("J06.9", "Acute upper respiratory infection, unspecified", "Parasetamol 500 mg", "3 x 1 tablet bila demam"),
    ("K30", "Functional dyspepsia", "Antasida doen", "3 x 1 tablet sebelum makan"),
    ("A09.9", "Gastroenteritis and colitis of unspecified origin", "Oralit", "1 bungkus setiap diare"),
    ("M79.1", "Myalgia", "Ibuprofen 400 mg", "3 x 1 tablet sesudah makan"),
    ("L30.9", "Dermatitis, unspecified", "Hidrokortison krim 1%", "2 x sehari, oles tipis"),
    ("K02.9", "Dental caries, unspecified", "Asam mefenamat 500 mg", "3 x 1 tablet sesudah makan"),
    ("R51", "Headache", "Parasetamol 500 mg", "3 x 1 tablet bila sakit"),
    ("J02.9", "Acute pharyngitis, unspecified", "Parasetamol 500 mg", "3 x 1 tablet"),
    ("H10.9", "Conjunctivitis, unspecified", "Kloramfenikol tetes mata", "4 x 1 tetes"),
    ("Z00.0", "General medical examination", "Vitamin B kompleks", "1 x 1 tablet"),
)
