/** What a new password has to be, told before and after. Pure. */

const MIN_PASSWORD = 8;
/** Longer ones would only be work for the hash. */
export const MAX_PASSWORD = 256;

/** Shown beside every field for a new password. */
export const PASSWORD_RULES = `At least ${MIN_PASSWORD} characters; a few unrelated words are good. Not your e-mail address or name, and nothing that everybody uses.`;

/** What is wrong with a new password, in words; undefined: it will do. `about` is what others know of its owner. */
export function passwordProblem(password: string, about: readonly string[] = []): string | undefined {
  const length = [...password].length;
  if (length < MIN_PASSWORD) return `The password is too short: use at least ${MIN_PASSWORD} characters.`;
  if (length > MAX_PASSWORD) return `The password is too long: use at most ${MAX_PASSWORD} characters.`;
  const plain = password.toLowerCase();
  if (new Set(plain).size < 4) return "The password repeats the same few characters; use a few unrelated words.";
  if (isRun(plain)) return "The password is a simple row of characters; use a few unrelated words.";
  if (COMMON_PASSWORDS.has(plain) || COMMON_PASSWORDS.has(plain.replace(/[\d!?.@#$%^&*_-]+$/, ""))) {
    return "This password is one of those that everybody uses; choose another one.";
  }
  if (ownWords(about).some((word) => plain.includes(word) && plain.length - word.length < MIN_PASSWORD / 2)) {
    return "The password is made of your own name or address; choose another one.";
  }
  return undefined;
}

/** 0 (refused) to 4, as a bar beside the field. */
export function passwordStrength(password: string): number {
  if (passwordProblem(password) !== undefined) return 0;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const score = [...password].length + 2 * kinds + new Set(password).size / 2;
  return score < 16 ? 1 : score < 20 ? 2 : score < 26 ? 3 : 4;
}

/** 12345678, hgfedcba: each character follows from the one before by the same step. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return Math.abs(step) <= 1 && codes.every((code, index) => index === 0 || code - (codes[index - 1] ?? 0) === step);
}

function ownWords(about: readonly string[]): string[] {
  return about
    .flatMap((text) => [text, ...text.split(/[\s@]+/)])
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= 4);
}

/** What guessers try first, of the length we accept. */
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
const COMMON_PASSWORDS: ReadonlySet<string> = new Set(BASES.split(/\s+/));
