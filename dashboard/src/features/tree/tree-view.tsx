import { useNavigate, useSearch } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useRunRows } from "@/api/live/run-events";
import type { RunViewProps } from "@/api/run-view";
import { rowsInTime } from "@/lib/playhead";
import { isEnded } from "@/lib/vocabulary";
import { useShortcut, useToldKeys } from "@/ui/shortcuts";
import { useMoment, usePlayhead } from "@/ui/playhead";
import { useSelection } from "@/ui/selection";
import { Failure, NoMatch, Note, Waiting } from "@/ui/states";
import { readTreeSearch, withFold } from "./fold";
import {
  firstLevel,
  matching,
  revealed,
  stepThrough,
  treeOf,
  turnedTo,
  visible,
  withAncestors,
  type Fold,
  type TreeNode,
} from "./tree";
import { TreeBar } from "./tree-bar";
import { TreeRows } from "./tree-rows";

const TOLD_KEYS = [
  { keys: "ArrowDown", label: "Next event", group: "Tree" },
  { keys: "ArrowUp", label: "Previous event", group: "Tree" },
  { keys: "ArrowRight", label: "Open what is below", group: "Tree" },
  { keys: "ArrowLeft", label: "Close it, or go up", group: "Tree" },
  { keys: "*", label: "Open all beside it", group: "Tree" },
  { keys: "Enter", label: "Show the event", group: "Tree" },
];

/** What called what, with what each took. */
export default function TreeView({ run }: RunViewProps) {
  const isOver = isEnded(run.status);
  const { rows, total, isWhole, error, retry } = useRunRows(run.run_id, isOver);
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const asked = readTreeSearch(search);
  const { text, onlyErrors } = asked;
  const { selection, select } = useSelection();
  const [isFollowing, setFollowing] = useState(!isOver && selection.event === undefined);
  const [activeId, setActiveId] = useState(selection.event);

  const moment = useMoment(run.started_at);
  const { position } = usePlayhead();
  // Made when the playhead is shown: its first move has enough to do.
  const hasPlayhead = position !== undefined;
  const inTime = useMemo(() => (hasPlayhead ? rowsInTime(rows) : null), [hasPlayhead, rows]);
  const shownRows = moment === null || inTime === null ? rows : inTime.at(moment);
  const whole = useMemo(() => treeOf(rows), [rows]);
  const tree = useMemo(() => (shownRows === rows ? whole : treeOf(shownRows)), [shownRows, rows, whole]);
  const [folded, setFolded] = useState<Fold | null>(() =>
    asked.level === undefined ? null : { level: asked.level, turned: new Set(asked.turned) },
  );
  // It stays as it was with the first rows: what is looked at should not fold away when the rest comes.
  const [usual, setUsual] = useState<number>();
  if (usual === undefined && rows.length > 0)
    setUsual(firstLevel(whole, Math.max(total ?? 0, run.event_count)));
  const fold = useMemo<Fold>(() => folded ?? { level: usual ?? 0, turned: new Set() }, [folded, usual]);

  const isSearching = text !== "" || onlyErrors;
  const matches = useMemo(
    () => (isSearching ? matching(tree, { text, onlyErrors }) : []),
    [tree, text, onlyErrors, isSearching],
  );
  const kept = useMemo(() => (isSearching ? withAncestors(matches) : undefined), [matches, isSearching]);
  const seen = useMemo(() => visible(tree, fold, kept), [tree, fold, kept]);
  const errors = useMemo(() => tree.inOrder.filter(({ row }) => row.status === "failed"), [tree]);

  const setSearch = useCallback(
    (change: Record<string, unknown>) =>
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => ({ ...before, ...change })) as never,
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const setFold = useCallback(
    (next: Fold) => {
      setFolded(next);
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => withFold(before, next)) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );

  // What is selected elsewhere, or by the address, is shown wherever it is folded away.
  const selectedNode = selection.event === undefined ? undefined : tree.byId.get(selection.event);
  const [shownId, setShownId] = useState<string>();
  if (selectedNode && selection.event !== shownId) {
    setShownId(selection.event);
    setActiveId(selection.event);
    setFolded(revealed(selectedNode, fold));
  }

  const goTo = (node: TreeNode | undefined) => {
    if (node === undefined) return;
    setFollowing(false);
    setFold(revealed(node, fold));
    setActiveId(node.row.id);
    select({ event: node.row.id }, { replace: selection.event !== undefined });
  };
  const active = activeId === undefined ? undefined : tree.byId.get(activeId);
  const stepMatch = (by: 1 | -1) => goTo(stepThrough(tree, matches, active, by));
  const stepError = (by: 1 | -1) => goTo(stepThrough(tree, errors, active, by));
  const hasMatches = matches.length > 0;
  const hasErrors = errors.length > 0;
  useShortcut({ keys: "n", label: "Next match", group: "Tree" }, () => stepMatch(1), hasMatches);
  useShortcut({ keys: "N", label: "Previous match", group: "Tree" }, () => stepMatch(-1), hasMatches);
  useShortcut({ keys: "e", label: "Next error", group: "Tree" }, () => stepError(1), hasErrors);
  useShortcut({ keys: "E", label: "Previous error", group: "Tree" }, () => stepError(-1), hasErrors);

  useToldKeys(TOLD_KEYS);

  if (rows.length === 0) {
    if (error) return <Failure error={error} onRetry={retry} />;
    if (!isWhole) return <Waiting lines={12} />;
    return (
      <Note icon={ListTree} title={isOver ? "No events were recorded" : "Nothing has happened yet"}>
        {isOver ? "The run began and ended without telling of a step." : "Steps appear here as they happen."}
      </Note>
    );
  }
  return (
    <div className="@container flex h-full min-h-0 flex-col bg-surface">
      <TreeBar
        text={text}
        onText={(next) => setSearch({ "tree-q": next || undefined })}
        onlyErrors={onlyErrors}
        onOnlyErrors={(next) => setSearch({ "tree-errors": next || undefined })}
        nErrors={errors.length}
        onStepError={stepError}
        match={isSearching ? { place: active ? matches.indexOf(active) + 1 : 0, of: matches.length } : null}
        onStepMatch={stepMatch}
        onOpenAll={() => setFold({ level: Infinity, turned: new Set() })}
        onCloseAll={() => setFold({ level: 0, turned: new Set() })}
        following={isOver || moment !== null ? null : isFollowing}
        onFollow={setFollowing}
        nRead={rows.length}
        total={total ?? rows.length}
        isWhole={isWhole}
        error={error}
        onRetry={retry}
      />
      {tree.inOrder.length === 0 ? (
        <Note icon={ListTree} title="Nothing had begun by then">
          Steps appear as the playhead comes to them.
        </Note>
      ) : isSearching && matches.length === 0 && isWhole ? (
        <NoMatch what="event" onClear={() => setSearch({ "tree-q": undefined, "tree-errors": undefined })} />
      ) : (
        <TreeRows
          tree={tree}
          seen={seen}
          fold={fold}
          isSearching={isSearching}
          searched={text}
          matches={isSearching ? matches : null}
          active={active}
          selectedId={selection.event}
          isFollowing={isFollowing && moment === null}
          moment={moment}
          onLeave={() => setFollowing(false)}
          onActive={(node, doesFollow) => {
            setActiveId(node.row.id);
            if (doesFollow && selection.event !== undefined) {
              setShownId(node.row.id);
              select({ event: node.row.id }, { replace: true });
            }
          }}
          onSelect={(node) => {
            setActiveId(node.row.id);
            setShownId(node.row.id);
            select({ event: node.row.id }, { replace: selection.event !== undefined });
          }}
          onTurn={(nodes, isToBeOpen) => setFold(turnedTo(nodes, isToBeOpen, fold))}
        />
      )}
    </div>
  );
}
