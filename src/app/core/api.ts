/** Calls of `/api/v2`: POST with JSON; an error comes as 200 with `{error, code}` and is thrown as RequestError. */

import type { EndpointInput, EndpointOutput, EndpointPath } from "../../protocol/api-v2-table.ts";
import { offlineError, RequestError } from "./request-error.ts";
import type { Site } from "./site.ts";

/** Calls one endpoint. @throws RequestError */
export type Api = <P extends EndpointPath>(endpoint: P, body: EndpointInput<P>) => Promise<EndpointOutput<P>>;

const DEADLINE_MS = 30_000;

interface Asking {
  /** Called when an answer says that the session is over. */
  onSignedOut: () => void;
  /** Has the password confirmed for something dangerous, which is then asked for once more; false: somebody would rather not. */
  confirmPassword: () => Promise<boolean>;
}

/** Opens the API of a site. */
export function openApi(site: Site, { onSignedOut, confirmPassword }: Asking): Api {
  return async <P extends EndpointPath>(endpoint: P, body: EndpointInput<P>) => {
    const ask = () => answerOf(`${site.base}/api/v2/${endpoint}`, body);
    let { response, answer } = await ask();
    if (isFailure(answer) && answer.code === "confirm_password" && (await confirmPassword())) {
      ({ response, answer } = await ask());
    }
    if (isFailure(answer)) {
      if (answer.code === "unauthenticated") onSignedOut();
      throw new RequestError({ ...answer, code: answer.code ?? "internal" });
    }
    if (!response.ok || answer === undefined)
      throw new RequestError({
        error: `The server answered with an error (${response.status}). Try again in a moment.`,
        code: "unavailable",
      });
    return answer as EndpointOutput<P>; // what the endpoint's schema states; our own server is believed
  };
}

async function answerOf(address: string, body: unknown): Promise<{ response: Response; answer: unknown }> {
  const response = await post(address, body);
  const answer: unknown = await response.json().catch(() => undefined); // a proxy's page of an error is not JSON
  return { response, answer };
}

async function post(address: string, body: unknown): Promise<Response> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch {
    throw offlineError("The server cannot be reached.");
  }
}

function isFailure(answer: unknown): answer is { error: string; code?: string } {
  return typeof answer === "object" && answer !== null && "error" in answer && typeof answer.error === "string";
}
