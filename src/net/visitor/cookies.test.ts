import { expect, test } from "@jest/globals";
import { cookieNames, isSecure, readCookies, setCookie, stripCookies } from "./cookies.ts";

test("names depend on base path and TLS", () => {
  expect(cookieNames({ basePath: "", secure: false }).rememberMe).toBe("remember_me");
  expect(cookieNames({ basePath: "", secure: true })).toEqual({
    rememberMe: "__Host-remember_me",
    apiKey: "__Host-api_key",
  });
  expect(cookieNames({ basePath: "/cocalc", secure: false }).rememberMe).toBe("%2Fcocalcremember_me");
  expect(isSecure({ origin: "https://a.example" }, "http")).toBe(true);
  expect(isSecure({ origin: undefined }, "https")).toBe(true);
  expect(isSecure({ origin: "http://a.example" }, "https")).toBe(false);
});

test("a project's page cannot plant a session on a site below a base path either", () => {
  const { rememberMe } = cookieNames({ basePath: "/cocalc", secure: true });
  expect(rememberMe).toBe("__Host-%2Fcocalcremember_me");
  expect(stripCookies(`${rememberMe}=x; a=1`, "/cocalc")).toBe("a=1");
});

test("only our cookies are stripped, and the others pass byte by byte", () => {
  expect(stripCookies('a=1; remember_me=x; b="2;', "")).toBe('a=1; b="2;');
  expect(stripCookies("remember_me=x; api_key=y", "")).toBeUndefined();
  expect(stripCookies("__Host-remember_me=x; __Host-project_session=z; project_session_mark=m; session=3", "")).toBe(
    "session=3",
  );
  expect(stripCookies("%2Fcocalcremember_me=x; xremember_me=1; remember_me2=4", "/cocalc")).toBe(
    "xremember_me=1; remember_me2=4",
  );
  expect(stripCookies("untouched=%zz;;  ;", "")).toBe("untouched=%zz;;  ;");
});

test("malformed values are read, not thrown at", () => {
  expect(readCookies("a=%zz; b=%20")).toMatchObject({ a: "%zz", b: " " });
  expect(readCookies(undefined)).toEqual({});
});

test("a cookie of ours is host-only and out of reach of scripts", () => {
  expect(setCookie({ name: "__Host-remember_me", value: "v", secure: true, maxAge: 60, sameSite: "strict" })).toBe(
    "__Host-remember_me=v; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict",
  );
});
