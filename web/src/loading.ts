/* Data that a page shows: loaded, loaded again when the server says that it changed, and what went wrong. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from './api';
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
