"""A contract for import-linter: a package that needs nothing but Python itself.

The stock "forbidden" contract wants every stranger by name; the core's promise is about all of them.
"""

import sys
from typing import Any

from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """No module of the package imports anything but the standard library and the package itself."""

    module = fields.StringField()

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        package = str(self.module)
        members = {package, *graph.find_descendants(package)}
        strangers = [
            detail
            for member in sorted(members)
            for imported in sorted(graph.find_modules_directly_imported_by(member))
            if imported not in members and imported.split(".")[0] not in sys.stdlib_module_names
            for detail in graph.get_import_details(importer=member, imported=imported)
        ]
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stranger in check.metadata["strangers"]:
            where = f"{stranger['importer']}:{stranger['line_number']}"
            output.print_error(f"{where} imports {stranger['imported']}: {stranger['line_contents']}")
        output.new_line()
