/** One's own account: name, password, keys for programs, and signing out. */

import { Title } from "@mantine/core";
import { useEffect } from "react";
import { useApp, useStore } from "../../ui/app-context.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { NameForm } from "./name-form.tsx";
import { PasswordForm } from "./password-form.tsx";
import { SignOut } from "./sign-out.tsx";

export function AccountPage() {
  const account = useStore(useApp().hub.account);
  useEffect(() => {
    document.title = "Account – CoCalc";
  }, []);
  return (
    <main id="content" className="page settings" tabIndex={-1}>
      <Title order={1} size="h2">
        Account
      </Title>
      {account === undefined ? (
        <Waiting>Fetching your account …</Waiting>
      ) : (
        <>
          <NameForm key={account.account_id} account={account} />
          <PasswordForm />
          <ApiKeys />
          <SignOut />
        </>
      )}
    </main>
  );
}
