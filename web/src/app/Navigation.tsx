import { List, ListItemButton, ListItemIcon, ListItemText } from "@mui/material";
import { NavLink, useLocation } from "react-router";
import { Icon } from "@/shared/Icon";
import { PAGES } from "./pages";

/** chosen: called when the reader goes somewhere. */
export function Navigation({ chosen }: { chosen: () => void }) {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Pages">
      <List dense onClick={chosen}>
        {PAGES.map((page) => (
          <li key={page.path}>
            <ListItemButton component={NavLink} to={page.path} selected={pathname.startsWith(page.path)}>
              <ListItemIcon sx={{ minWidth: 36 }}>
                <Icon path={page.icon} />
              </ListItemIcon>
              <ListItemText primary={page.title} />
            </ListItemButton>
          </li>
        ))}
      </List>
    </nav>
  );
}
