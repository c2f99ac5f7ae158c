import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import {
  Bot,
  ChartNoAxesColumn,
  Keyboard,
  Layers,
  ListVideo,
  Search,
  UserCheck,
  type LucideIcon,
} from "lucide-react";
import { useState, type ComponentType } from "react";
import { IconButton } from "@/ui/button";
import { ErrorBoundary } from "@/ui/error-boundary";
import { Keys } from "@/ui/keys";
import { useShortcut, useShortcutListener } from "@/ui/shortcuts";
import { ApprovalBadge } from "./approval-badge";
import { ConnectionBanner, ConnectionDot } from "./connection-banner";
import { KeysDialog } from "./keys-dialog";
import { Palette } from "./palette";
import { ThemeMenu } from "./theme-menu";

interface Place {
  readonly to: "/agents" | "/runs" | "/sessions" | "/approvals" | "/stats";
  readonly label: string;
  readonly icon: LucideIcon;
  readonly badge?: ComponentType;
}

const PLACES: readonly Place[] = [
  { to: "/agents", label: "Agents", icon: Bot },
  { to: "/runs", label: "Runs", icon: ListVideo },
  { to: "/sessions", label: "Sessions", icon: Layers },
  { to: "/approvals", label: "Approvals", icon: UserCheck, badge: ApprovalBadge },
  { to: "/stats", label: "Metrics", icon: ChartNoAxesColumn },
];

/** What stands around every page: where one is, where one can go, and whether the server is heard. */
export function Shell() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [areKeysOpen, setKeysOpen] = useState(false);
  useShortcutListener();
  useShortcut({ keys: "Mod+k", label: "Go to anything", group: "Everywhere" }, () => setPaletteOpen(true));
  useShortcut({ keys: "?", label: "Show all keys", group: "Everywhere" }, () => setKeysOpen(true));
  useGoing();
  return (
    <div className="flex h-full flex-col max-lg:has-[[data-covers]]:invisible">
      <a
        href="#main"
        className="absolute top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-sm text-on-accent focus:translate-y-0"
      >
        Skip to the page
      </a>
      <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line bg-surface px-3 sm:px-4">
        <Link to="/agents" className="mr-2 flex items-center gap-2 rounded-md py-1 pr-1.5 sm:mr-4">
          <Mark />
          <span className="text-base font-semibold tracking-tight">Runreel</span>
        </Link>
        <nav aria-label="Pages" className="hidden items-center gap-0.5 sm:flex">
          {PLACES.map((place) => (
            <NavLink key={place.to} place={place} />
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-1">
          <ConnectionDot />
          <button
            type="button"
            onClick={() => setPaletteOpen(true)}
            className="hidden h-8 w-56 items-center gap-2 rounded-md border border-line-strong bg-page pr-1.5 pl-2.5 text-sm text-faint hover:border-control lg:flex"
          >
            <Search aria-hidden size={14} />
            Go to…
            <span className="ml-auto">
              <Keys keys="Mod+k" />
            </span>
          </button>
          <IconButton
            icon={Search}
            label="Go to anything"
            keys="Mod+k"
            className="lg:hidden"
            onClick={() => setPaletteOpen(true)}
          />
          <IconButton
            icon={Keyboard}
            label="Keys"
            keys="?"
            className="max-sm:hidden"
            onClick={() => setKeysOpen(true)}
          />
          <ThemeMenu />
        </div>
      </header>
      <ConnectionBanner />
      <div className="min-h-0 flex-1">
        <ErrorBoundary>
          <Outlet />
        </ErrorBoundary>
      </div>
      <nav
        aria-label="Pages"
        className="grid h-14 shrink-0 grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden"
      >
        {PLACES.map((place) => (
          <TabLink key={place.to} place={place} />
        ))}
      </nav>
      <Palette isOpen={isPaletteOpen} onOpenChange={setPaletteOpen} />
      <KeysDialog isOpen={areKeysOpen} onOpenChange={setKeysOpen} />
    </div>
  );
}

function NavLink({ place }: { readonly place: Place }) {
  return (
    <Link
      to={place.to}
      className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm"
      activeProps={{ className: "bg-sunken font-medium text-text" }}
      inactiveProps={{ className: "text-soft hover:bg-hover hover:text-text" }}
    >
      <place.icon aria-hidden size={15} className="max-md:hidden" />
      {place.label}
      {place.badge && <place.badge />}
    </Link>
  );
}

function TabLink({ place }: { readonly place: Place }) {
  return (
    <Link
      to={place.to}
      className="flex flex-col items-center justify-center gap-0.5 text-2xs"
      activeProps={{ className: "font-semibold text-accent" }}
      inactiveProps={{ className: "text-soft" }}
    >
      <span className="relative">
        <place.icon aria-hidden size={18} />
        {place.badge && (
          <span className="absolute -top-1.5 left-2.5">
            <place.badge />
          </span>
        )}
      </span>
      {place.label}
    </Link>
  );
}

/** Keys that lead to the pages. */
function useGoing(): void {
  const navigate = useNavigate();
  useShortcut({ keys: "A", label: "Agents", group: "Go to" }, () => void navigate({ to: "/agents" }));
  useShortcut({ keys: "R", label: "Runs", group: "Go to" }, () => void navigate({ to: "/runs" }));
  useShortcut({ keys: "S", label: "Sessions", group: "Go to" }, () => void navigate({ to: "/sessions" }));
  useShortcut({ keys: "P", label: "Approvals", group: "Go to" }, () => void navigate({ to: "/approvals" }));
  useShortcut({ keys: "M", label: "Metrics", group: "Go to" }, () => void navigate({ to: "/stats" }));
  useShortcut({ keys: "I", label: "Imports", group: "Go to" }, () => void navigate({ to: "/imports" }));
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="size-6" aria-hidden>
      <rect width="32" height="32" rx="8" className="fill-brand" />
      <circle cx="16" cy="16" r="9" fill="none" stroke="#fff" strokeWidth="2.6" />
      <path d="M13.6 11.9v8.2l6.6-4.1z" fill="#fff" />
    </svg>
  );
}
