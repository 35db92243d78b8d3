/** What the reader may do, as `tensorfleet/head/roles.py` says it. The head decides; this only hides what it would refuse. */
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";

export type Permission = "read" | "submit" | "stop" | "operate" | "administer";

const ROLES: Record<string, readonly Permission[]> = {
  viewer: ["read"],
  member: ["read", "submit", "stop"],
  operator: ["read", "stop", "operate"],
  admin: ["read", "submit", "stop", "operate", "administer"],
};

export function may(role: string, permission: Permission): boolean {
  return ROLES[role]?.includes(permission) ?? false;
}

export function useMay(permission: Permission): boolean {
  return may(useQuery(meQuery).data?.role ?? "", permission);
}
