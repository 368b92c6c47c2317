/** How often strangers may try: tight for one account from one address, wide for an address that a whole class shares. IPv6 counts by its /48. */

import type { Limit } from "../rate-limits/rate-limits.ts";

const TOO_MANY = "Too many attempts to sign in.";

/** Failed sign-ins to one account from one address: else who has many networks of IPv6 locks others out alone. */
export const SIGN_IN_HERE: Limit = { name: "sign_in_here", points: 10, seconds: 600, message: TOO_MANY };
/** All sign-ins to one account from one address, also the right ones: each is work for the hash, and a session. */
export const SIGN_INS_HERE: Limit = {
  name: "sign_ins_here",
  points: 300,
  seconds: 3_600,
  message: "Very many sign-ins with this address lately; programs use an API key instead.",
};
/** To one account from everywhere: bounds guessing by many machines, and is too high for one address to lock somebody out. */
export const SIGN_IN_ACCOUNT: Limit = { name: "sign_in_account", points: 200, seconds: 3_600, message: TOO_MANY };
/** From one address to all accounts: a class sits behind one. */
export const SIGN_IN_ADDRESS: Limit = { name: "sign_in_address", points: 3_000, seconds: 600, message: TOO_MANY };
/** New accounts from one address. */
export const SIGN_UP_ADDRESS: Limit = {
  name: "sign_up_address",
  points: 2_000,
  seconds: 3_600,
  message: "Too many accounts are made from this network.",
};
/** Wrong registration tokens from one address. */
export const TOKEN_ADDRESS: Limit = {
  name: "registration_token",
  points: 100,
  seconds: 600,
  message: "Too many wrong registration tokens.",
};
/** Wrong current passwords of somebody signed in. */
export const PASSWORD_CHECK: Limit = {
  name: "password_check",
  points: 10,
  seconds: 600,
  message: "Too many wrong passwords.",
};
/** All of them, also the right ones: each is work for the hash, and most are followed by a mail. */
export const PASSWORD_CHECKS: Limit = {
  name: "password_checks",
  points: 60,
  seconds: 3_600,
  message: "Your password was asked for very often lately.",
};

const TOO_MANY_LINKS = "Too many links to choose a new password were asked for.";

/** Links to one address: nobody's mailbox is filled by others. Each is good, so that a stranger who asks keeps nobody out. */
export const RESET_EMAIL: Limit = { name: "password_reset_email", points: 5, seconds: 3_600, message: TOO_MANY_LINKS };
/** Links that one network asks for: a class sits behind one. */
export const RESET_ADDRESS: Limit = {
  name: "password_reset_address",
  points: 300,
  seconds: 3_600,
  message: TOO_MANY_LINKS,
};
const TOO_OFTEN = "The address was changed, or a mail to confirm it asked for, too often.";

/** Changes of an address and mails to confirm it, by whose account it is. */
export const ADDRESS_ACCOUNT: Limit = { name: "address_account", points: 10, seconds: 3_600, message: TOO_OFTEN };
/** The same, by the address: it may be anybody's. */
export const ADDRESS_EMAIL: Limit = { name: "address_email", points: 5, seconds: 3_600, message: TOO_OFTEN };
