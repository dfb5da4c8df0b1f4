/* Data that a page shows: loaded, loaded again when the server says that it changed, and what went wrong. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { list, type Page, Problem, type Query } from './api';
import { onChange } from './live';

export interface Loaded<T> { data: T | null; problem: Problem | null; reload: () => void }

const NEXT_LOOK = 250; /* ms between two loads of the same, however much changes */

export function useLoaded<T>(key: string, kinds: string[], load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
    const [state, setState] = useState<{ key: string; data: T | null; problem: Problem | null }>({ key, data: null, problem: null });
    const latest = useRef(load);
    latest.current = load;
    const again = useRef<() => void>(() => undefined);
    useEffect(() => {
        const stop = new AbortController();
        let busy = false, dirty = false, timer = 0;
        const run = async (): Promise<void> => {
            if (busy) { dirty = true; return; }
            busy = true;
            dirty = false;
            try {
                const data = await latest.current(stop.signal);
                if (!stop.signal.aborted) setState({ key, data, problem: null });
            } catch (error) {
                const problem = error instanceof Problem ? error : new Problem(0, String(error));
                if (!stop.signal.aborted) setState((s) => ({ key, data: s.key === key ? s.data : null, problem }));
            }
            timer = window.setTimeout(() => { busy = false; if (dirty) void run(); }, NEXT_LOOK);
        };
        again.current = () => void run();
        void run();
        const off = onChange(kinds, () => void run());
        return () => { stop.abort(); off(); clearTimeout(timer); };
    }, [key]);
    const reload = useCallback(() => again.current(), []);
    return { data: state.key === key ? state.data : null, problem: state.problem, reload };
}

export interface Listed<T> extends Loaded<Page<T>> { more: (() => void) | null }

const PAGE = 50;

/* A list that grows by "more": what is shown is asked for again as a whole, page by page from the newest. */
export function useList<T>(path: string, query: Query, kinds: string[]): Listed<T> {
    const [pages, setPages] = useState(1);
    const key = path + JSON.stringify(query);
    useEffect(() => setPages(1), [key]);
    const loaded = useLoaded<Page<T>>(key, kinds, async (signal) => {
        const all: Page<T> = { rows: [], total: 0, next: null };
        for (let i = 0; i < pages; i++) {
            const page: Page<T> = await list<T>(path, { ...query, $top: PAGE, $after: all.next ?? undefined }, signal);
            Object.assign(all, { rows: all.rows.concat(page.rows), total: i ? all.total : page.total, next: page.next });
            if (!page.next) break;
        }
        return all;
    });
    useEffect(() => { if (pages > 1) loaded.reload(); }, [pages]);
    return { ...loaded, more: loaded.data?.next ? () => setPages((n) => n + 1) : null };
}
