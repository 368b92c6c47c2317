/** Asks for one's password when the site wants it before it does something dangerous, and lets that go on. */

import { useApp, useStore } from "../ui/app-context.ts";
import { AskPassword } from "../ui/ask-password.tsx";

export function PasswordQuestion() {
  const { api, passwordQuestion } = useApp();
  const isAsked = useStore(passwordQuestion.isAsked);
  if (!isAsked) return null;
  const confirm = async (password: string) => {
    await api("accounts/confirm-password", { password });
    passwordQuestion.answer(true);
  };
  return (
    <AskPassword title="Is it you?" verb="Go on" onAnswer={confirm} onClose={() => passwordQuestion.answer(false)}>
      This is for whoever knows the password of this account. It is not asked again for ten minutes.
    </AskPassword>
  );
}
