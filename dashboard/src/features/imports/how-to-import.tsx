import { DatabaseBackup } from "lucide-react";
import { urlOf } from "@/api/base";
import { Snippet } from "@/ui/copy";
import { Note } from "@/ui/states";

/** What is shown before anything was imported: how to, with the address of this very server. */
export function HowToImport() {
  const url = urlOf("").replace(/\/$/, "");
  return (
    <div className="h-full overflow-auto">
      <Note icon={DatabaseBackup} title="No imports yet">
        <p>
          Databases of the legacy workflow system and of GATI can be taken in: read only, repaired on the way,
          and every row accounted for. The report of it then stands here.
        </p>
      </Note>
      <div className="mx-auto -mt-6 flex max-w-2xl flex-col gap-2 px-5 pb-12">
        <h3 className="text-xs font-medium text-faint">Look at it first</h3>
        <Snippet code="runreel doctor old.db" label="How to examine a database" />
        <h3 className="mt-3 text-xs font-medium text-faint">Take it in</h3>
        <Snippet
          code={`runreel import old.db --url ${url}`}
          label="How to import a database into this server"
        />
        <p className="mt-1 text-sm text-soft">
          With <code>--dry-run</code> it says what would become of it and keeps nothing. A database in
          PostgreSQL is given by its URL. To import again changes nothing.
        </p>
      </div>
    </div>
  );
}
