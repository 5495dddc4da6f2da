"""Surnames by pool, commonest first, and the parts that rarer surnames are put together from."""

SURNAMES: dict[str, str] = {
    "english": (
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker"
        " White Roberts Green Hall Wood Jackson Clarke Harris Lewis Martin Cooper King Baker Turner Morris"
        " Hill Ward Moore Clark Harrison Scott Young Morgan Allen Edwards Mitchell Lee Parker Phillips"
        " Bennett Watson Cook Shaw Carter Richardson Bailey Griffiths Collins Bell Cox Marshall Miller"
        " Hughes Price Adams Stevens Simpson Webb Rogers Chapman Mason Hunt Mills Barnes Knight Lloyd"
        " Butler Russell Barker Fisher Holmes Fletcher Dixon Palmer Matthews Stevenson Murray Ellis Gibson"
        " Reynolds Foster Pearson Andrews Howard Ford Graham Spencer Payne Gardner Rose Hart Dawson Lane"
        " Grant Armstrong Hudson Atkinson Saunders Burton Carr Wells Booth Dean Harvey Hawkins Perry Bird"
        " Gregory Porter"
    ),
    "irish": (
        "Murphy Kelly O'Brien O'Sullivan Walsh Byrne Ryan O'Connor Doyle Gallagher O'Neill McCarthy Doherty"
        " Kennedy Lynch Murray Quinn Moore McLoughlin O'Carroll Connolly Daly Nolan O'Reilly Brennan Burke"
        " Fitzgerald Healy Flanagan Keane Hennessy MacMahon Ó'Súilleabháin Ní'Bhriain Fitzpatrick"
    ),
    "traveller": (
        "Ward McDonagh Connors Maughan Doran Cash Stokes Joyce McCarthy O'Brien Doherty Price Lee Smith"
        " Cooper Boswell Loveridge Penfold Rooney Sweeney Quilligan Reilly Hearn Buckland"
    ),
    "roma": (
        "Horváth Gaži Balog Lakatoš Kováč Mirga Rostas Ciurar Covaci Muntean Pușcaș Bandy Tancoš Dunka Giňa"
        " Čonka Cicu Conka Kotlár Olah Pecha Stoica Vasile Radu Caldarar"
    ),
    "polish": (
        "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak"
        " Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Nowakowski"
        " Pawłowski Michalski Adamczyk Dudek Zając Wieczorek Jabłoński Król Majewski Olszewski Stępień"
        " Malinowski Jaworski Górski Rutkowski Sikora Walczak Baran Szewczyk Ostrowski Pietrzak Wróblewski"
        " Zalewski Zawadzki Sadowski Gajewski Laskowski Bąk Chmielewski Borkowski Głowacki Wysocki Lipiński"
        " Błaszczyk"
    ),
    "romanian": (
        "Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Rusu Munteanu Matei Constantin Șerban"
        " Moldovan Marin Tudor Dobre Barbu Nistor Florea Lazăr Ene Dinu Cojocaru Ungureanu Ciobanu Păun"
        " Bălan Țurcanu Mocanu Manole Stănescu Toma Preda Oprea Crăciun Filip"
    ),
    "iberian": (
        "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes"
        " Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares"
        " Vieira Monteiro Cardoso Rocha Neves Coelho Cruz Araújo Simões García González López Martínez"
        " Sánchez Pérez Gómez Díaz Muñoz Jiménez Hernández Núñez Ramírez dos Santos de Souza da Silva"
    )
    .replace("dos Santos", "dos_Santos")
    .replace("de Souza", "de_Souza")
    .replace("da Silva", "da_Silva"),
    "turkish": (
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin"
        " Kara Koç Kurt Özkan Şimşek Polat Korkmaz Erdoğan Güneş Bulut Özer Tekin Güler Aksoy Avcı Coşkun"
        " Taş Karakuş Işık Ateş Duman Toprak Gündoğdu Keskin"
    ),
    "pakistani": (
        "Khan Hussain Ahmed Ali Malik Mahmood Iqbal Shah Akhtar Butt Chaudhry Mirza Qureshi Raja Rashid"
        " Sheikh Siddiqui Bhatti Javed Aslam Ashraf Rafiq Saleem Nawaz Yousaf Bashir Hanif Sharif Majid"
        " Zaman Awan Abbasi Kayani Dar Lone Mughal Satti Janjua"
    ),
    "bangladeshi": (
        "Miah Ali Uddin Rahman Islam Hussain Ahmed Khan Alam Choudhury Hoque Chowdhury Kabir Karim Mannan"
        " Sarkar Talukdar Bhuiyan Mahmud Haque Ullah Hasan Matin Jalil Motin Sikder Mia"
    ),
    "punjabi": (
        "Gill Sandhu Dhillon Sidhu Grewal Bains Dhaliwal Sangha Johal Mann Brar Randhawa Virk Sahota Atwal"
        " Purewal Bhullar Cheema Chahal Dhanda Hayer Kang Lally Nijjar Rai Samra Toor Uppal Basra"
    ),
    "gujarati": (
        "Patel Shah Desai Mehta Joshi Parmar Solanki Chauhan Mistry Modi Trivedi Pandya Bhatt Vyas Thakkar"
        " Amin Dave Gandhi Panchal Rathod Vaghela Lakhani Raval Soni Vekaria Halai Varsani Hirani Kerai"
    ),
    "tamil": (
        "Sivakumar Rajendran Selvarajah Thavarajah Kanagaratnam Balasubramaniam Nadarajah Yogarajah"
        " Mahendran Ravichandran Jeyakumar Sivanesan Suthaharan Vigneswaran Pathmanathan Arulanantham"
        " Ganeshalingam Kandasamy Logeswaran Manoharan Paramanathan Srikanthan Thirukumar Uthayakumar"
    ),
    "chinese": (
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie"
        " Tang Chan Wong Lam Cheung Leung Ng Ho Lau Chow Yeung Kwok Tsang Cheng Yip"
    ),
    "vietnamese": "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Mai Trương",
    "yoruba": (
        "Adeyemi Adebayo Okafor Okonkwo Ogunleye Adewale Olawale Balogun Akinola Oladipo Ojo Afolabi Bello"
        " Eze Nwosu Okeke Obi Adesina Ogundipe Olaniyan Akande Fashola Lawal Salami Sanusi Owolabi Odukoya"
        " Alabi Popoola Ajayi Adeleke Nwachukwu Onyeka Anyanwu Okoro Chukwu Igwe Uzoma Ademola"
    ),
    "ghanaian": (
        "Mensah Owusu Boateng Osei Asante Appiah Agyeman Ofori Amoah Antwi Adjei Opoku Sarpong Frimpong"
        " Boakye Acheampong Amponsah Darko Gyamfi Nkrumah Annan Asamoah Kwarteng Ansah Addo Quaye Tetteh"
        " Lartey Agyapong Twumasi"
    ),
    "arabic": (
        "Al-Hassan Al-Khatib Al-Masri Haddad Mansour Khoury Saleh Hussein Ibrahim Ahmed Ali Abdullah"
        " Al-Ahmad Al-Sayed Khalil Nasser Said Al-Jaber Abdel-Rahman Hamdan Al-Najjar Farouk Darwish"
        " Al-Shami Othman Al-Zubaidi Rashid Suleiman Younis Zaki Abdulkarim El-Sayed El-Amin Bakri Hamdi"
        " Al-Tikriti Kassem Al-Obaidi Elmi Benali Belkacem Boukhari"
    ),
    "caribbean": (
        "Campbell Brown Williams Thompson Gordon Francis Clarke Johnson Reid Grant Morgan Stewart Bailey"
        " Lewis Henry Powell Wright Edwards Walters Palmer Simpson Forbes Blake Bennett Morrison Pinnock"
        " Blackwood McKenzie Dacosta Joseph Charles Baptiste St.Hilaire Alleyne Brathwaite"
    ),
    "albanian": "Hoxha Shehu Prifti Kola Gjoni Leka Marku Hysa Dervishi Bardhi Çela Meta Rama Krasniqi",
    "afghan": (
        "Ahmadzai Stanikzai Popal Safi Rahimi Noori Sahak Haidari Mohammadi Karimi Sultani Amiri Wardak"
        " Zadran Hotak Nazari Akbari Yousafzai Shinwari Hashimi"
    ),
}

SONS_SECOND_NAMES: dict[str, str] = {
    "pakistani": "Khan Hussain Ahmed Ali Mahmood Iqbal Shah Akhtar Aslam Zaman Khalid Hassan Raza Abbas",
    "bangladeshi": "Miah Uddin Ali Rahman Islam Ahmed Hussain Alam Hoque Ullah Mia Hasan Kabir Karim",
}
DAUGHTERS_SECOND_NAMES: dict[str, str] = {
    "pakistani": "Bibi Begum Akhtar Kauser Khatoon Parveen Iqbal Shaheen Noreen Fatima Zahra Jan Nisa",
    "bangladeshi": "Begum Khatun Akhtar Khanom Bibi Sultana Nessa Khatoon Jahan Ara Yasmin Parvin",
}

# Parts of rarer surnames: (beginnings, middles or "", endings).
PARTS: dict[str, tuple[str, str, str]] = {
    "english": (
        "Ash Ald Apple Arm Bar Beck Ben Ber Birk Black Blen Bour Brad Bram Bran Brid Brock Brom Buck Burn"
        " Cald Car Chad Chal Chap Charl Ches Clay Cliff Col Cop Cran Craw Crow Cum Dal Dar Den Der Ding"
        " Dray Dun East Eck Edg El Elk Fair Fal Far Fen Field Fin Gar Gil Glen Gold Gran Green Gren Hal Ham"
        " Har Hart Hath Haw Hazel Hep Her High Hil Hol Horn Hors Hub Hur Ing Kel Ken Kim Kir Lam Lang Led"
        " Leigh Lin Lock Long Lud Mar Mel Mid Mor Nel New Nor Oak Old Pad Pem Pen Pick Raw Red Rock Ros Row"
        " Rush Sal San Shel Ship Sil Skel Spal Stan Staf Stock Stor Strat Sut Swin Tad Tan Thorn Til Tot"
        " Twi Up Wad Wal War Wat Wel Wen West Whit Wid Wil Win Wolf Wor Wy",
        "er ing ling le man ber der mer ring el en ett",
        "bourne bridge brook bury by combe croft dale den don field ford gate ham hill holme hurst land ley"
        " low man mere more over shaw sley son stead stock stone thorpe thwaite ton tree wood worth wick"
        " yard",
    ),
    "irish": (
        "O'Don O'Shaugh O'Dris O'Far Mc Mac McGil McCor Mul Kil Gil Fitz Bren Col Con Dev Don Dug Fin Flan"
        " Gal Ger Han Hen Ken Lal Mag Mol Ror Sha Tier Tum",
        "",
        "agh an ane ary ell ellan elly en ery ey igan ily in nan nell nessy ney oran orick ty une win",
    ),
    "polish": (
        "Brzez Cies Czarn Dobr Drozd Gorcz Grab Jas Jel Kacz Karp Koł Kos Krasn Krup Lis Łuk Mal Mik Nied"
        " Orł Pal Piąt Pol Rad Rog Rzep Sad Siem Sob Star Stef Sul Szcz Święt Topol Trzc Urb Wit Wojt Zab"
        " Zar Żuk",
        "",
        "iński owski ewski ecki icki ek ak czyk ała ik uk as owicz ewicz",
    ),
    "romanian": (
        "Alb Ard Băl Bog Brăt Bur Căl Chir Con Cost Dim Drag Făt Flor Gavr Ghin Gor Grig Her Iac Ilie Lup"
        " Măr Mih Neac Ned Neg Pan Pav Pet Rot San Sim Stăn Ștef Teo Tom Urs Vas Vlăd Zam",
        "",
        "escu eanu oiu aru an ean escu eș ilă uț ache",
    ),
    "turkish": (
        "Ak Al Ay Bay Bil Boz Can Çak Dal Dem Din Er Gök Gül Gün Kap Kar Kor Öz Sağ San Sar Say Sön Taş Tek"
        " Tok Tun Uç Ün Yal Yav Yüc Yur",
        "",
        "alp ar ak baş can çı demir doğan el er gül han kan kaya lı man oğlu soy taş tekin türk uz",
    ),
    "pakistani": (
        "Akh Anj Anw Arsh Az Bab Bash Faz Ghul Hab Ham Hay Ikr Ilt Ina Kar Khal Lat Lia Maq Mun Mus Nad Naz"
        " Niaz Qad Qay Rab Rafi Rah Sab Sad Sal Sarf Shab Shah Sul Taj Tar Waz Yaq Zah Zub",
        "",
        "ab ad am an ar at eem een eer ir oob ood oor um ullah zada uddin",
    ),
    "punjabi": (
        "Aul Bad Ban Bas Ber Bhan Bhog Bir Chan Dee Dhar Dhes Gar Ghu Heer Jag Jas Jut Kal Kan Khak Kul Lid"
        " Mal Man Nag Pad Pan Ren San Sekh Shok Soh Suk Tak Tha War",
        "",
        "al an ar ari dher era ery esa i ia ial ota oya rai wal wan",
    ),
    "gujarati": (
        "Bhan Bhu Chav Chud Dab Dhol Gad Ghel God Goh Jad Jes Kan Kot Lad Mak Man Nak Nath Pan Pat Pin Pop"
        " Raj Rup San Sav Tan Tej Vad Vag Vij Zal",
        "",
        "a ada ani ar aria asana da dia eja el iya ja ji lia nagar soni vala wala",
    ),
    "tamil": (
        "Ampala Aru Bala Chandra Ganesha Ilanko Jega Jeya Kana Kathira Kula Maha Mano Muru Nava Pala Ponnu"
        " Rasa Ravi Selva Siva Sri Suren Thana Thava Thiru Uma Vaithi Vela Vija Yoga",
        "",
        "kumar linkam lingam moorthy nathan nayagam pillai rajah ratnam samy segaram sundaram varan veloo",
    ),
    "yoruba": (
        "Ade Aina Akin Ala Awo Ayo Baba Dada Efun Fa Fagb Ibi Ife Iyi Kola Odu Ogun Ola Olu Omo Oni Ope Oyi"
        " Shobo Sho Taiwo Chi Chukwu Ebe Ezi Nnam Nwa Obi Oge Oke Onu Ugo Uzo",
        "",
        "bayo biyi bola dele dipe gbemi jide jimi koya lade lami leke mola niyi nuga pelu rinde seun sola"
        " tayo tola toye wale wole wunmi yemi anyi eze emeka kwe ma nna",
    ),
    "ghanaian": (
        "Aban Ab Acq Adom Adu Afri Agye Aide Ako Aku Ama Amank Anim Ans Arth Asa Atta Awu Ban Bek Bon Dank"
        " Don Fos Gya Kor Kum Man Nim Nyar Obeng Odu Offei Oku Oppong Sack Tak Wia Yeb",
        "",
        "ah akoh am ankwa ante ari atia eah ei ey ful ika ko kwa ma manu ng o ofo or pong sah wah ye",
    ),
    "arabic": (
        "Al-Ba Al-Da Al-Fa Al-Ga Al-Ha Al-Ja Al-Ka Al-Ma Al-Na Al-Qa Al-Ra Al-Sa Al-Ta El-Ba El-Ha El-Ma"
        " Abu-Ba Abu-Ha Abd Ben Bou Da Fa Gha Ha Ja Ka Kha La Ma Na Qa Ra Sa Sha Ta Wa Ya Za",
        "",
        "badi bib dad dari deri fez ghani hdi him id lawi lidi luli mad mid mouri nadi nani rani ri rouk"
        " sim smi ssan tari war wish youb zzi",
    ),
    "iberian": (
        "Abr Alb Alc Am Arr Bar Bast Bor Braz Cab Cald Cam Cast Cer Cord Corr Esp Est Far Fig Fons Fr Gal"
        " Guer Lam Lob Mac Mald Med Mor Nav Pach Pal Paz Per Queir Quint Res Sal Sar Tav Val Vas Vel Xav",
        "",
        "ado aes al alho ano anes ares az eda edo eira eiro ela elo ena ero es ino ío ões oso ueira",
    ),
    "roma": (
        "Bad Bal Ber Bil Cal Cir Čer Dan Dem Fer Gab Gor Hor Kal Kan Kol Kur Lac Mar Mir Pap Rad Sar Siv Šar Žig",
        "",
        "a ar aš ák ej ešti ik ko ok ová oš ov uľa",
    ),
    "traveller": (
        "Mac Mc O' Fur Mon Nev Pur Fin Hes Do Har",
        "",
        "Alea Donagh Driscoll Ginley Laughlin ey nan cell",
    ),
    "caribbean": (
        "Ander Arch Bart Beck Ben Bern Camp Carr Cham Cun Daw Dun Ed Far Fer Gay Har Hib Jar Lind Mal Marsh"
        " Nic New Par Pat Ped Rich Rod San Sew Sin Thor Vas Wed Whyt Wil",
        "",
        "bell berg bers by dale dyke erson ford gan hurst kins land ley man mond ney ond quez ris rose son ters ton",
    ),
    "chinese": ("Ou Si Zhu Shang Dong Xia Huang Nan", "", "yang ma ge guan fang hou fu gong"),
    "vietnamese": ("Tôn Cao Châu Lưu Tạ Hà", "", " Thất  Xuân  Ngọc  Đình  Thanh"),
    "albanian": (
        "Bajr Ber Bre Del Gash Had Ibr Kast Kel Mal Meh Mus Rex Sel Sul Tah Zog",
        "",
        "ami aj ani eti i isha aku",
    ),
    "afghan": (
        "Ach Al Az Bar Bay Dau Ghul Hab Kak Man Mom Niaz Or Qad Sar Tar Wal",
        "",
        "zai akzai ani imi izai pur zada khel",
    ),
    "bangladeshi": (
        "Abd Am An Ash Azad Bad Faz Giy Hab Jah Khal Lut Mat Mob Naz Raf Sha Sir Taf Zah",
        "",
        "ul uddin ur ar in ib iq ullah ir ain",
    ),
}
