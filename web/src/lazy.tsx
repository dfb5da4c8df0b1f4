/* A page whose code is loaded when it is first opened; fetch begins with that before anything is drawn. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading, Trouble } from './parts';
import { Problem } from './api';
import { t } from './texts';

export type Parts = Record<string, string>;
/* After an update of the server the files of the old page are gone; loading the page anew gets the new ones. */
export type Lazy<T> = ((props: T) => JSX.Element) & { fetch: () => void };
export function lazy<T extends object = Parts>(load: () => Promise<{ default: ComponentType<T> }>): Lazy<T> {
    let Page: ComponentType<T> | null = null, loading: Promise<void> | null = null;
    const fetch = () => { loading ??= load().then((module) => { Page = module.default; }, (error: unknown) => { loading = null; throw error; }); return loading; };
    function Lazy(props: T) {
        const [, loaded] = useState(0);
        const [failed, fail] = useState(false);
        const drawn = Page !== null; /* now: it may come between this and the effect */
        useEffect(() => {
            if (drawn) return;
            fetch().then(() => loaded((n) => n + 1), () => fail(true));
        }, []);
        if (Page) return <Page {...props} />;
        return failed ? <Trouble problem={new Problem(0, t('pageGone'))} retry={() => location.reload()} /> : <Loading />;
    }
    return Object.assign(Lazy, { fetch: () => void fetch().catch(() => undefined) }); /* what went wrong is told when it is drawn */
}
