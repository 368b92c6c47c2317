/** The keys of an account, one a row. */

import { Button, Text } from "@mantine/core";
import { formatAgo } from "../../core/format.ts";
import { useNow } from "../../ui/app-context.ts";

/** A key as a person sees it: never its secret. */
export interface ListedKey {
  id: number;
  name: string;
  /** Its beginning and end, to know it by. */
  trunc: string;
  last_active: string | null;
  acts_as_admin: boolean;
}

export function KeyList({ keys, onDelete }: { keys: readonly ListedKey[]; onDelete: (key: ListedKey) => void }) {
  const now = useNow(30_000);
  return (
    <ul className="rows" aria-label="Keys">
      {keys.map((key) => (
        <li key={key.id} className="row">
          <div className="row-words">
            <Text size="sm" fw={600}>
              {key.name}
            </Text>
            <Text size="xs" c="dimmed">
              {key.trunc}, {key.acts_as_admin && "an administrator’s, "}
              {key.last_active === null ? "not used yet" : `used ${formatAgo(key.last_active, now)}`}
            </Text>
          </div>
          <Button size="xs" variant="default" onClick={() => onDelete(key)} aria-label={`Delete the key ${key.name}`}>
            Delete
          </Button>
        </li>
      ))}
    </ul>
  );
}
