"""Wrong solutions, and healthy ones in other styles: what finds the ones, and spares the others."""
