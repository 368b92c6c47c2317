/** Who is signed in, and what that person can go to. */

import { ActionIcon, Avatar, Menu } from "@mantine/core";
import { IconLicense, IconLogout, IconShieldCog, IconUser } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useApp, useStore } from "../ui/app-context.ts";
import { tellFailure } from "../ui/tell.ts";

export function AccountMenu() {
  const app = useApp();
  const account = useStore(app.hub.account);
  const name = account === undefined ? "Account" : `${account.first_name} ${account.last_name}`.trim();
  const signOut = async () => {
    try {
      await app.leave(() => app.api("accounts/sign-out", {}));
    } catch (error) {
      tellFailure("You are still signed in", error);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" radius="xl" size="lg" color="gray" aria-label={`Account of ${name}`}>
          <Avatar size="sm" name={name} color="initials" alt="" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} aria-hidden />}>
          Account
        </Menu.Item>
        <Menu.Item component={Link} to="/licenses" leftSection={<IconLicense size={16} aria-hidden />}>
          Licences
        </Menu.Item>
        {account?.is_admin && (
          <Menu.Item component={Link} to="/admin" leftSection={<IconShieldCog size={16} aria-hidden />}>
            Administration
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
