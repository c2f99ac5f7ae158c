import { Link } from "@tanstack/react-router";
import { Crumb } from "@/ui/crumb";
import { Page } from "@/ui/page";
import { Gone } from "@/ui/states";

export function NotFoundPage() {
  return (
    <Page title="No such page" head={<Crumb to="/agents" words="Agents" />}>
      <Gone what="page">
        <Link to="/agents" className="text-accent underline">
          All agents
        </Link>
      </Gone>
    </Page>
  );
}
