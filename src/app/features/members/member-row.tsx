/** One member: name, role, when last seen, and what may be done. */

import { Avatar, Button, NativeSelect, Text } from "@mantine/core";
import { formatAgo } from "../../core/format.ts";
import { useNow } from "../../ui/app-context.ts";
import { type Member, nameOf, ROLES } from "./member.ts";

interface MemberRowProps {
  member: Member;
  own: string;
  mayChange: boolean;
  mayRemove: boolean;
  onGroup: (group: Member["group"]) => void;
  onRemove: () => void;
}

export function MemberRow({ member, own, mayChange, mayRemove, onGroup, onRemove }: MemberRowProps) {
  const now = useNow(30_000);
  const name = nameOf(member);
  const isOwn = member.account_id === own;
  return (
    <li className="row">
      <Avatar name={name} color="initials" size="sm" alt="" />
      <div className="row-words">
        <Text size="sm" fw={600}>
          {name}
          {isOwn ? " (you)" : ""}
        </Text>
        <Text size="xs" c="dimmed">
          {member.last_active === null ? "Not seen yet" : `Seen ${formatAgo(member.last_active, now)}`}
        </Text>
      </div>
      <NativeSelect
        size="xs"
        aria-label={`Role of ${name}`}
        data={ROLES}
        value={member.group}
        disabled={!mayChange}
        onChange={(event) => onGroup(event.currentTarget.value as Member["group"])}
      />
      <Button
        size="xs"
        variant="default"
        onClick={onRemove}
        disabled={!mayRemove}
        aria-label={isOwn ? "Leave the project" : `Remove ${name}`}
      >
        {isOwn ? "Leave" : "Remove"}
      </Button>
    </li>
  );
}
