/** The one style sheet of the server-rendered pages: light and dark, from a phone to a desk. */

import { createHash } from "node:crypto";

export const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--quiet:#57606a;--page:#fbfcfd;--card:#fff;--line:#d5dbe1;--accent:#1864ab;--accent-ink:#fff;--bad:#b42318;--bad-page:#fef3f2;--good-page:#e8f3fb}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--quiet:#a3adb8;--page:#14171a;--card:#1d2125;--line:#3a4149;--accent:#74c0fc;--accent-ink:#0b1a28;--bad:#ff9e94;--bad-page:#3a1d1a;--good-page:#16293a}}
*{box-sizing:border-box}
html{font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--page)}
body{margin:0;min-height:100vh;display:flex;flex-direction:column}
a{color:var(--accent)}
a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .75rem;font-weight:600}
h2{font-size:1.15rem;margin:1.5rem 0 .5rem;font-weight:600}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.25rem .5rem}
.top,.foot{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:center;padding:.75rem 1.25rem;border-bottom:1px solid var(--line)}
.top nav{margin-left:auto;display:flex;gap:.25rem 1.25rem;flex-wrap:wrap;align-items:center}
.brand{font-weight:600;text-decoration:none;color:inherit;display:flex;align-items:center;gap:.5rem}
.brand img{height:1.75rem;width:auto}
.foot{border:0;border-top:1px solid var(--line);margin-top:auto;color:var(--quiet);font-size:.9rem}
main{width:100%;max-width:44rem;margin:0 auto;padding:2.5rem 1.25rem}
main.narrow{max-width:27rem}
main.wide{max-width:64rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem}
.hero{padding:2rem 0 1rem}.hero h1{font-size:clamp(1.9rem,5vw,2.9rem)}.hero p{font-size:1.15rem;color:var(--quiet);max-width:38rem;margin:0 0 1.5rem}
.hero img{max-width:100%;border-radius:.75rem;margin-top:2rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;padding:0;list-style:none;margin:2rem 0}
.facts h2{margin-top:0}.facts p{margin:0;color:var(--quiet)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
.button,button{font:inherit;font-weight:600;border-radius:.5rem;border:1px solid var(--accent);background:var(--accent);color:var(--accent-ink);padding:.6rem 1.25rem;min-height:2.75rem;cursor:pointer;text-decoration:none;display:inline-block}
.button.plain,button.plain{background:transparent;color:var(--accent)}
form .field{margin:0 0 1rem}
form .two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}@media(max-width:24rem){form .two{grid-template-columns:1fr;gap:0}}
label{display:block;font-weight:600;margin-bottom:.25rem}
label.check{display:flex;gap:.6rem;align-items:flex-start;font-weight:400}
label.check input{margin-top:.3rem;width:1.1rem;height:1.1rem;flex:none}
input[type=text],input[type=email],input[type=password]{width:100%;font:inherit;color:inherit;background:var(--page);border:1px solid var(--quiet);border-radius:.5rem;padding:.55rem .75rem;min-height:2.75rem}
input[aria-invalid=true]{border-color:var(--bad)}
.hint{color:var(--quiet);font-size:.9rem;margin:.25rem 0 0}
.note,.problem{border-radius:.5rem;padding:.75rem 1rem;margin:0 0 1.25rem;background:var(--good-page)}
.problem{background:var(--bad-page);color:var(--bad)}
form button{width:100%}
.below{margin-top:1.25rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1.25rem}dt{color:var(--quiet)}dd{margin:0}
.banner{padding:.5rem 1.25rem;background:var(--bad-page);color:var(--bad)}
@media(prefers-reduced-motion:no-preference){a,button{transition:background-color .12s}}
`;

/** Changes with the style, so that browsers may keep it for ever. */
export const STYLE_NAME = `style-${createHash("sha256").update(STYLE).digest("base64url").slice(0, 12)}.css`;
