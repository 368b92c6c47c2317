/** An item of a menu that leads to another page of the app. */

import { Menu, type MenuItemProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

type ItemProps = MenuItemProps & Omit<ComponentPropsWithRef<"a">, keyof MenuItemProps>;

function Item(props: ItemProps) {
  return <Menu.Item component="a" {...props} />;
}

export const MenuLink = createLink(Item);
