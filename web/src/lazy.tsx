/* A page whose code is loaded when it is first opened. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading, Trouble } from './parts';
import { Problem } from './api';
import { t } from './texts';

export type Parts = Record<string, string>;
/* After an update of the server the files of the old page are gone; loading the page anew gets the new ones. */
export function lazy<T extends object = Parts>(load: () => Promise<{ default: ComponentType<T> }>): (props: T) => JSX.Element {
    let Page: ComponentType<T> | null = null;
    return function Lazy(props: T) {
        const [, loaded] = useState(0);
        const [failed, fail] = useState(false);
        useEffect(() => {
            if (Page) return;
            load().then((module) => { Page = module.default; loaded((n) => n + 1); }, () => fail(true));
        }, []);
        if (Page) return <Page {...props} />;
        return failed ? <Trouble problem={new Problem(0, t('pageGone'))} retry={() => location.reload()} /> : <Loading />;
    };
}
