import { RestorePhoto } from "./restore-photo.jsx";

export default function Page() {
  return <RestorePhoto assets={`${process.env.NEXT_PUBLIC_BASE_PATH ?? ""}/limpid/`} />;
}
