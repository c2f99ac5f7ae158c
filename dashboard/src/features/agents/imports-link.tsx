import { Link } from "@tanstack/react-router";
import { DatabaseBackup } from "lucide-react";
import { Tooltip } from "@/ui/tooltip";

/** The way to the imports of old databases, which most people never need. */
export function ImportsLink() {
  return (
    <Tooltip text="Imports of old databases" keys="I">
      <Link
        to="/imports"
        aria-label="Imports of old databases"
        className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-soft hover:bg-hover hover:text-text"
      >
        <DatabaseBackup aria-hidden size={15} />
      </Link>
    </Tooltip>
  );
}
