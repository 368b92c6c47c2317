/** One's own account: name, address, password, keys for programs, sessions, and its end. */

import { Title } from "@mantine/core";
import { useEffect } from "react";
import { useApp, useStore } from "../../ui/app-context.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { DeleteAccount } from "./delete-account.tsx";
import { EmailForm } from "./email-form.tsx";
import { NameForm } from "./name-form.tsx";
import { PasswordForm } from "./password-form.tsx";
import { Sessions } from "./sessions.tsx";

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
          <EmailForm account={account} />
          <PasswordForm />
          <ApiKeys />
          <Sessions />
          <DeleteAccount name={account.email_address ?? `${account.first_name} ${account.last_name}`} />
        </>
      )}
    </main>
  );
}
