"""Forenames by pool, commonest first. Invented combinations of common names: no real person is meant."""

BOYS: dict[str, str] = {
    "english": (
        "Oliver George Harry Jack Noah Leo Arthur Oscar Charlie Henry Thomas William James Joshua Alfie"
        " Jacob Freddie Archie Theodore Isaac Alexander Joseph Edward Lucas Tommy Finley Max Logan Ethan"
        " Samuel Benjamin Daniel Teddy Mason Harrison Reuben Sebastian Louie Adam Elijah Albert Hunter Toby"
        " Luca Jude Dylan Zachary Riley Ronnie Frankie Jenson Roman Jaxon Louis Ezra Blake Matthew Michael"
        " Robert Callum Nathan Connor Liam Kieran Jamie Ryan Luke Owen Rhys Tyler Kyle Bradley Aaron Ashton"
        " Kai Christopher Andrew David Stanley Harvey Bobby Rory Gabriel Jasper Ellis Felix Hugo Rupert"
        " Barnaby Corey Declan Morgan Kaiden Brody Jayden Tyrese Lewis Cameron Elliot Dexter Kit Rowan"
        " Vincent"
    ),
    "irish": (
        "Conor Seán Jack Cian Fionn Oisín Darragh Rory Liam Patrick Ciarán Cillian Eoin Tadhg Cathal Shay"
        " Finn Senan Dáithí Ruairí Donnacha Fiachra Aidan Brendan Dermot Lorcan Niall Pádraig Cormac Declan"
    ),
    "traveller": (
        "John Patrick Michael Martin James Jimmy Paddy Simon Francis Miley Johnny Felix Bernard Edward"
        " Larry Thomas Tommy Billy Levi Nelson Danny Joseph Hughie Elijah Christy Shane Ned Jerry Barney"
        " Anthony"
    ),
    "roma": (
        "Denis Marius Patrik Robert Kristián Ionuț Florin Sebastian Dominik Nikolas Samuel Erik Marián"
        " Ľubomír Viorel Fernando Armando Rikardo Mario Alex Kevin Leonardo Gabriel Adrián Ladislav Jozef"
        " Milan"
    ),
    "polish": (
        "Jakub Szymon Filip Kacper Mateusz Oskar Jan Wojciech Adam Michał Bartosz Maksymilian Antoni Igor"
        " Aleksander Dawid Nikodem Franciszek Mikołaj Tomasz Piotr Krzysztof Łukasz Oliwier Fabian Marcel"
        " Paweł Kamil Stanisław Dominik Sebastian Hubert Patryk Krystian Błażej Tymoteusz"
    ),
    "romanian": (
        "Andrei David Matei Alexandru Luca Ștefan Gabriel Ionuț Mihai Darius Rareș Cristian Nicolae Robert"
        " Victor Eduard Sebastian Tudor Vlad Ioan Daniel Denis Răzvan Bogdan Florin Cosmin Cătălin Tiberiu"
    ),
    "iberian": (
        "Gabriel Miguel João Rodrigo Tomás Martim Afonso Santiago Francisco Lucas Pedro Diogo Tiago"
        " Guilherme Rafael Matheus Enzo Dinis Duarte Salvador Mateo Diego Alejandro Nicolás Sebastián"
        " Andrés José Luis Carlos André Gonçalo Leandro Thiago Davi Caio Adrián Javier Álvaro Iván Kevin"
    ),
    "turkish": (
        "Yusuf Emir Kerem Deniz Arda Efe Mehmet Mustafa Ali Ahmet Can Umut Ege Emre Ömer Çağan Barış Berk"
        " Hasan Hüseyin İbrahim Kaan Onur Oğuz Serkan Tolga Uğur Volkan Yiğit Eren Kadir Osman Selim Şahin"
    ),
    "pakistani": (
        "Muhammad Ibrahim Yusuf Musa Ali Adam Zayn Hamza Abdullah Haris Zain Umar Bilal Hassan Hussain"
        " Ismail Ahmed Usman Zakariya Eesa Danyal Rayyan Haroon Ayaan Kashif Imran Faisal Junaid Shahzad"
        " Adil Saad Talha Arham Mikaeel Sufyan Zubair Waleed Qasim Shoaib Asad Nabeel Taimoor Yahya Idris"
    ),
    "bangladeshi": (
        "Mohammed Ibrahim Yusuf Tahmid Rahim Ayaan Zakaria Mahdi Nazmul Abdul Tanvir Rayhan Ismail Ridwan"
        " Sami Shahid Jubair Tasnim Rafi Hasan Mizanur Shafiq Aminul Zunaid Fahim Nabil Tariq Musa Arif"
        " Imtiaz"
    ),
    "punjabi": (
        "Arjan Harpreet Gurpreet Jaspreet Karan Manpreet Jagdeep Harjot Amrit Gurdeep Ranveer Armaan Jeevan"
        " Kiran Parminder Sukhdeep Taran Veer Baljit Dilraj Harman Jasdeep Kulvir Mandeep Navdeep Rajan"
        " Simran Sahib Tejinder Yuvraj Avtar Bhavraj Gurbaaz Inderjit"
    ),
    "gujarati": (
        "Aarav Vihaan Aryan Dhruv Krish Jay Rohan Dev Yash Om Nikhil Veer Shiv Keshav Rishi Ved Anay Jaimin"
        " Hitesh Kunal Mihir Neel Parth Rahul Sachin Tejas Viraj Harsh Chirag Bhavesh Ishaan Kavi Reyansh"
    ),
    "tamil": (
        "Aravinth Kavin Vithushan Sanjeevan Thanush Pirathap Kajan Nilakshan Abinash Dilakshan Ajith"
        " Sivakumar Kugan Mathushan Raveen Saruhan Tharshan Yathushan Harish Gowtham Lavan Ashvin Niroshan"
        " Praveen Rishikesh Senthil Vaishnav Dinesh"
    ),
    "chinese": (
        "Zihan Haoran Junjie Yuxuan Zixuan Wei Jiahao Yichen Tianyu Haoyu Ziyang Mingze Ruihan Jun Chenxi"
        " Bowen Yifan Zhihao Kaiwen Xinyu Hao Long Ka-Ho Chun-Hei Tsz-Kit Wing-Hong Ho-Yin Lok-Yiu Yat-Long"
    ),
    "vietnamese": (
        "Minh Huy Khang Bảo Phúc Khoa Đức Tuấn Nam Anh Quân Long Hiếu Dũng Sơn Thành Trung Việt Hoàng Hải"
        " Phong Tùng Tài Thiên Khánh Đạt Lâm Nghĩa"
    ),
    "yoruba": (
        "Oluwaseun Ayomide Tobiloba David Emmanuel Daniel Samuel Oluwatobi Temiloluwa Ayodele Olamide"
        " Kehinde Taiwo Babatunde Adebayo Olumide Damilola Toluwani Ifeoluwa Oluwadamilare Joshua Michael"
        " Femi Kunle Segun Chukwuemeka Ikenna Obinna Chidi Somtochukwu Kelechi Ebuka Nnamdi Uche Ekene"
        " Israel Elijah"
    ),
    "ghanaian": (
        "Emmanuel Samuel Michael Daniel Joshua Isaac Nathaniel Kwame Nana Prince Gabriel Jayden Caleb"
        " Derrick Ebenezer Felix Joel Kingsley Papa Richmond Elvis Desmond Bernard Justice Frank Jeremiah"
        " Stephen"
    ),
    "somali": (
        "Mohamed Abdirahman Abdullahi Ahmed Yusuf Abdi Hassan Ibrahim Ali Omar Ismail Abdiqani Liban"
        " Zakaria Mustafa Abshir Guled Khalid Mahad Warsame Farah Jama Hussein Said Nur Mukhtar Salman Ayub"
        " Bilal Suleiman Osman Adan Isse Sharmarke Mubarak Abdiaziz Hamza Idris Jamal Abukar"
    ),
    "arabic": (
        "Mohammed Ahmed Omar Yousef Ali Khalid Abdullah Hassan Ibrahim Adam Hamza Mustafa Karim Tariq Zaid"
        " Abdulrahman Faisal Bilal Saif Anas Amir Mahmoud Salem Yasin Rayan Marwan Nasser Sami Walid Ziad"
        " Abdulaziz Bassam Fares Hadi Jamal Laith Mazen Osama Qasim Rami Suleiman Taha"
    ),
    "caribbean": (
        "Jayden Tyrell Malachi Elijah Isaiah Kymani Andre Dante Jahmal Jerome Kareem Leon Marcus Micah"
        " Nathaniel Omari Rakeem Romario Shaquille Theo Tyrone Zion Devonte Jordan Kyron Malik Reece Shemar"
        " Tremaine Xavier Darnell Curtis Renell Amari"
    ),
    "albanian": (
        "Ardit Erion Klajdi Arben Besnik Dritan Enea Fatjon Gentian Ilir Kristjan Ledion Mateo Noel Orges"
        " Redon Sokol Valon Xhulio Altin Endrit Flamur Mergim"
    ),
    "afghan": (
        "Ahmad Mohammad Zabiullah Sayed Hamid Najibullah Rahim Farid Karim Esmatullah Habib Jawad Khalil"
        " Mirwais Noor Omid Qais Rashid Samiullah Wahid Yama Zalmay Abdul Ehsan Ihsanullah Aimal Naveed"
        " Reza"
    ),
    "eritrean": (
        "Yonas Filmon Samuel Robel Henok Abel Natnael Daniel Merhawi Mikal Dawit Kibrom Tesfay Haben Esrom"
        " Yohannes Amanuel Biniam Ermias Isaias Bereket Simon Awet Mehari Petros"
    ),
}

GIRLS: dict[str, str] = {
    "english": (
        "Olivia Amelia Isla Ava Lily Ivy Freya Florence Isabella Mia Willow Poppy Emily Ella Elsie Grace"
        " Sophie Evie Sienna Daisy Phoebe Charlotte Matilda Evelyn Rosie Millie Ruby Alice Harper Sofia"
        " Maisie Luna Emma Isabelle Eliza Penelope Harriet Violet Hallie Bonnie Robyn Thea Jessica Ellie"
        " Aurora Lottie Margot Orla Nancy Maeve Lola Arabella Erin Molly Imogen Chloe Ada Eleanor Lucy"
        " Martha Abigail Zara Hannah Elizabeth Scarlett Amber Bethany Megan Georgia Katie Lauren Holly"
        " Jasmine Paige Leah Caitlin Summer Skye Lexi Layla Amy Francesca Annabelle Beatrice Rebecca Niamh"
        " Rachel Victoria Alexandra Courtney Kayleigh Ellie-Mae Lily-Mae Gracie-Mae Lilly-Rose Amelia-Rose"
        " Ava-Grace Darcey Tilly Margaret Catherine Samantha Natasha Gabrielle Rosalind"
    ),
    "irish": (
        "Aoife Saoirse Niamh Róisín Ciara Caoimhe Éabha Fiadh Sinéad Gráinne Orlaith Clodagh Aisling Erin"
        " Sadhbh Maeve Bríd Eimear Siobhán Síle Muireann Nuala Bronagh Deirdre Áine Cara Sorcha Ailbhe"
    ),
    "traveller": (
        "Mary Margaret Kathleen Bridget Nora Ann Winnie Maggie Chantelle Shakira Barbara Kitty Rosie Julia"
        " Bernadette Philomena Ellen Theresa Eileen Martina Biddy Angelina Savannah Missy Crystal Lavinia"
        " Cheyenne Montana"
    ),
    "roma": (
        "Vanesa Denisa Nikola Sabina Patrícia Kristína Andreea Larisa Maria Rebeka Esmeralda Jessica"
        " Viktória Florentina Loredana Simona Žaneta Renáta Melissa Samanta Ionela Ramona Natália Lucia"
        " Ivana Nela"
    ),
    "polish": (
        "Zuzanna Julia Maja Zofia Hanna Lena Alicja Maria Amelia Oliwia Aleksandra Wiktoria Emilia Natalia"
        " Gabriela Antonina Nikola Małgorzata Katarzyna Agnieszka Magdalena Karolina Martyna Weronika Kinga"
        " Helena Liliana Dominika Łucja Kornelia Paulina Michalina Nadia Marcelina Bianka"
    ),
    "romanian": (
        "Maria Sofia Andreea Ioana Elena Alexandra Antonia Daria Ștefania Gabriela Bianca Denisa Mădălina"
        " Cristina Ana Teodora Raluca Larisa Alesia Rebeca Miruna Carla Evelina Iulia Simona Roxana Ilinca"
        " Ecaterina Izabela Patricia"
    ),
    "iberian": (
        "Maria Leonor Matilde Beatriz Carolina Inês Mariana Lara Ana Sofia Júlia Luísa Valentina Camila"
        " Lucía Martina Isabel Gabriela Letícia Yasmin Alícia Benedita Daniela Paula Débora Fernanda"
        " Catarina Margarida Noa Íris Helena Manuela Bianca Nicole Raquel Ângela Conceição Mónica"
    ),
    "turkish": (
        "Zeynep Elif Defne Ela Ayşe Fatma Esra Merve Büşra Gül Derya Yağmur İrem Nehir Ecrin Melisa Selin"
        " Duru Naz Buse Ceren Çiğdem Ebru Gizem Hatice Özlem Pınar Sıla Şevval Tuğba Yasemin Zehra Sude"
    ),
    "pakistani": (
        "Fatima Aisha Zainab Maryam Khadija Zahra Hafsa Amina Safa Sumayyah Inaya Aliza Mahnoor Noor Hira"
        " Sana Ayesha Laiba Iqra Areeba Rabia Samina Nadia Saima Shazia Rukhsana Humaira Eshal Anabia Zoya"
        " Haleema Javeria Mehreen Nimra Sidra Uzma Warda Yumna Aroosa"
    ),
    "bangladeshi": (
        "Fatima Nusrat Sadia Ayesha Tasnim Maliha Jannat Sumaiya Rahima Tahmina Farzana Shireen Nazia Rima"
        " Taslima Halima Rukiya Munira Sultana Anika Fariha Lubna Mahfuza Nadira Rabeya Shahida Tanjina"
        " Zara"
    ),
    "punjabi": (
        "Simran Harleen Gurpreet Jasleen Manpreet Amrit Harpreet Kiran Jaspreet Navneet Rajvir Sukhpreet"
        " Anmol Avneet Baljit Daljit Gurleen Ishleen Jasmeet Kirandeep Manjot Prabhjot Rajdeep Sandeep"
        " Tanveer Asees Mehak Prabhleen Tarnjit Veerpal"
    ),
    "gujarati": (
        "Aanya Diya Isha Anaya Riya Priya Kavya Mira Saanvi Aarohi Krisha Pooja Nisha Janvi Khushi Hetal"
        " Bhavika Drashti Jiya Mahi Nidhi Palak Radhika Shreya Tulsi Vidhi Avni Ishani Myra Charmi"
    ),
    "tamil": (
        "Abinaya Kavitha Thanusha Vithusha Nivetha Harini Aksharaa Dharani Keerthana Lakshika Mathusha"
        " Piriyanka Sangeetha Tharani Yalini Ashwini Janani Nila Pavithra Rajani Sahana Sivaranjani"
        " Varshini Anushka Luxmi Meenakshi"
    ),
    "chinese": (
        "Yuxin Zihan Xinyi Ruoxi Yutong Shihan Jiayi Yichen Mengyao Siyu Wanying Xiaoyu Yiran Zixin Ling"
        " Mei Jiahui Xueying Qianyu Yan Hoi-Ching Tsz-Yan Wing-Lam Ka-Yan Lok-Yee Sze-Wing Hei-Tung"
        " Cheuk-Lam"
    ),
    "vietnamese": (
        "Linh Trang Hương Mai Ngọc Thảo Anh Phương Hà Lan Chi Vy Nhi My Thùy Huyền Quỳnh Yến Hạnh Ngân Thư"
        " Tâm Vân Diễm Giang Nga Tuyết Xuân Khánh"
    ),
    "yoruba": (
        "Oluwatoyin Ayomide Temiloluwa Esther Deborah Oluwaseyi Tolulope Damilola Precious Ifeoluwa Folake"
        " Bukola Adesola Oluwadamilola Morayo Simisola Titilayo Yetunde Kehinde Taiwo Abisola Modupe"
        " Funmilayo Chidinma Ngozi Adaeze Chiamaka Amarachi Ifeoma Nkechi Ugochi Victoria Sarah Blessing"
        " Favour"
    ),
    "ghanaian": (
        "Abigail Princess Nana Emmanuella Priscilla Gifty Michelle Grace Josephine Keziah Maame Mercy"
        " Nhyira Ohemaa Rejoice Vanessa Angela Belinda Comfort Doris Elizabeth Felicia Georgina Hannah"
        " Joyce Naomi"
    ),
    "somali": (
        "Amina Fatima Hodan Hamda Ifrah Khadija Maryan Nasteho Sagal Sumaya Zahra Ayan Ubah Deqa Faiza"
        " Filsan Halima Hibaq Idil Ikran Ladan Muna Najma Ruweyda Safiya Samira Sahra Yasmin Asha Farhiya"
        " Fadumo Hawa Iman Kowsar Rahma"
    ),
    "arabic": (
        "Fatima Maryam Aisha Noor Sara Layla Hana Zainab Yasmin Salma Amal Rania Huda Reem Lina Jana Dana"
        " Khadija Mariam Malak Nadia Rahaf Shahad Tala Farah Ghada Hiba Iman Jood Lamia Mona Rawan Samar"
        " Wafa Yara Zahra Asma Batoul Dalal"
    ),
    "caribbean": (
        "Aaliyah Shanice Kezia Tianna Imani Jada Keisha Naomi Rihanna Shaniah Tamara Zuri Amara Brianna"
        " Chanel Destiny Ebony Gabrielle Jade Kiara Latoya Monique Nevaeh Renee Serena Tiana Shakira Zaria"
        " Alicia Danielle"
    ),
    "albanian": (
        "Ajla Arjeta Blerta Dafina Elira Fjolla Ina Klea Leonora Megi Rea Teuta Vlora Xhesika Ambra Besiana"
        " Enisa Gresa Jonida Luana"
    ),
    "afghan": (
        "Zahra Fatima Maryam Parwana Nargis Shukria Laila Sahar Farzana Palwasha Marwa Hosna Muzhgan Roya"
        " Sediqa Tamana Wazhma Zarghona Husna Freshta"
    ),
    "eritrean": (
        "Selam Feven Luwam Bethlehem Helen Rahel Winta Semhar Miriam Yordanos Almaz Eden Saba Tsega Mehret"
        " Natsnet Danait Senait"
    ),
}

ANGLICISED_BOYS = "Kevin Jason Eric Ryan Andy Leo Jack Vincent Jerry Tony Marcus Alan Ivan Oscar Raymond Henry"
ANGLICISED_GIRLS = "Amy Cindy Vivian Coco Tina Emily Jenny Sophie Yoyo Fiona Grace Angel Celia Hazel Joyce Mandy"

# Akan day names, Monday first, as given to children born on that weekday.
DAY_NAMES_BOYS = ("Kojo", "Kwabena", "Kwaku", "Yaw", "Kofi", "Kwame", "Kwasi")
DAY_NAMES_GIRLS = ("Adwoa", "Abena", "Akua", "Yaa", "Afia", "Ama", "Akosua")
