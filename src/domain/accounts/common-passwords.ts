/** Passwords that guessers try first, of the length we accept; in lower case, without the digits and signs that people put behind. */

const BASES = `password passw0rd p@ssword p@ssw0rd pa55word passwort motdepasse contraseña contrasena kennwort geheim
qwerty qwertyu qwertyui qwertyuiop qwertzui qwertzuiop azertyui azertyuiop asdfghjkl asdfasdf asdfghjk yxcvbnm zxcvbnm zxcvbnmn
1q2w3e 1q2w3e4r 1q2w3e4r5t q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qaz2wsx3edc qazwsxedc qazwsx zaq12wsx 1234qwer qwer1234 qwerty123 qwerty1234
abc12345 abcd1234 a1b2c3d4 aa123456 a123456789 iloveyou iloveu letmein letmeinnow welcome welcome1 sunshine princess football baseball
basketball superman batman trustno1 whatever starwars dragon monkey shadow master michael jennifer jordan23 jordan hunter hunter2 charlie
computer internet freedom mustang corvette chocolate butterfly liverpool chelsea arsenal barcelona manchester soccer hockey pokemon naruto
minecraft samsung google facebook linkedin twitter instagram microsoft windows android apple123 changeme changeit default secret secret12
administrator admin123 admin1234 adminadmin rootroot toortoor test1234 testtest testing guest123 guestguest login123 loginlogin demo1234
student student1 teacher teacher1 university college school cocalc jupyter jupyterhub kubernetes postgres linux123 ubuntu123
summer winter spring autumn sommer winter01 frühling herbst january february september october november december monday friday
11223344 12341234 12344321 12121212 13131313 69696969 87654321 123123123 123321123 147258369 159357456 789456123 987654321 1234567890
0123456789 0987654321 102030405 112233445566 31415926 314159265 27182818 00000000 11111111 88888888 99999999 aaaaaaaa abcdefgh abcdefghi
blink182 metallica nirvana greenday slipknot rockyou babygirl lovelove loveyou lovely iloveyou2 forever fuckyou fuckyou1 asshole bullshit
pussycat cheese cookie cookies flower flowers purple orange banana chicken pepper ginger snoopy tigger killer ranger phoenix thunder
jessica ashley amanda nicole daniel thomas robert matthew andrew joshua anthony william alexander benjamin christian samantha elizabeth
correcthorsebatterystaple correct horse battery staple open sesame opensesame abracadabra`;

/** Compared with the password in lower case, as it is and without trailing digits and signs. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(BASES.split(/\s+/));
