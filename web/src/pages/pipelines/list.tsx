import { Head } from '../../parts';
import { t } from '../../texts';

export default function Pipelines() {
    return <Head title={t('pipelines')} />;
}
