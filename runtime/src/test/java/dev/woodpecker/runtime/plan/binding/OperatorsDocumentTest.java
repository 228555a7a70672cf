package dev.woodpecker.runtime.plan.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.onnx.Gaps;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import dev.woodpecker.runtime.plan.binding.OperatorCatalogue.Entry;
import dev.woodpecker.runtime.plan.binding.OperatorCatalogue.Support;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/operators.md} is the table of ONNX's operators with what the class path has for them. */
class OperatorsDocumentTest {
    private static final Path DOCUMENT = Path.of(System.getProperty("woodpecker.root", ".."), "docs/operators.md");

    private static final List<Entry> ENTRIES = OperatorCatalogue.of(KernelLibrary.ofClassPath());

    @Test
    void theDocumentIsWrittenFromTheTables() throws IOException {
        String text = document();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(DOCUMENT, text);
        }
        assertThat(text).isEqualTo(Files.readString(DOCUMENT));
    }

    @Test
    void everyOperatorIsRunOrSaysWhyNot() {
        assertThat(ENTRIES)
                .hasSize(OperatorSchemas.all().size())
                .noneMatch(entry -> entry.support() instanceof Support.Unexplained);
    }

    private static String document() {
        long supported = ENTRIES.stream()
                .filter(entry -> entry.support() instanceof Support.Supported)
                .count();
        StringBuilder text = new StringBuilder(
                """
                # ONNX's operators

                Of the %d operators of ONNX's own domain, opset %d to %d, %d are run. This file is written from the operator table,
                the kernels and the reasons in the code.

                How: a **kernel** is native code made of a `@Kernel` method; a **view** moves nothing; an **expansion** is written
                out as other operators before the plan is made; an **import** is rewritten, or folded, when the file is read; **host**
                operators are Java code, because their result's size depends on data or because they are small. Where several are
                named the node's form decides.

                Elements: `float` is float16, bfloat16, float and double; `integer` is int8 to int64 and uint8 to uint64; `any` is all of
                these and bool. Expansions take what the operators do that they are written out as. An operator of your own is
                run by your own kernel: `@Kernel(op = "com.acme::Gate")`.

                | operator | opsets | how | elements | variants | limits |
                |---|---|---|---|---|---|
                """.formatted(ENTRIES.size(), OperatorSchemas.OLDEST_OPSET, OperatorSchemas.NEWEST_OPSET, supported));
        for (Entry entry : ENTRIES) {
            if (entry.support() instanceof Support.Supported(var ways, var elements, var variants, var limits)) {
                text.append("| %s | %s | %s | %s | %s | %s |%n"
                        .formatted(
                                entry.name(),
                                opsets(entry),
                                String.join(", ", ways),
                                elements.contains("any") ? "any" : String.join(", ", elements),
                                String.join(", ", variants),
                                limits));
            }
        }
        text.append("""

            ## Not run

            A model with one of these is refused with all of its reasons at once.

            | operator | opsets | reason |
            |---|---|---|
            """);
        for (Entry entry : ENTRIES) {
            if (entry.support() instanceof Support.Missing(Gaps.Reason reason)) {
                text.append("| %s | %s | %s |%n".formatted(entry.name(), opsets(entry), reason.text()));
            }
        }
        text.append("""

            Left out as well: operators of the domains `ai.onnx.ml` (%s), `ai.onnx.preview` (%s) and
            `ai.onnx.preview.training` (%s); elements that are strings, complex, or smaller than 8 bits.
            """.formatted(Gaps.Reason.TABLES.text(), Gaps.Reason.PREVIEW.text(), Gaps.Reason.TRAINING.text()));
        return text.toString().lines().map(String::stripTrailing).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String opsets(Entry entry) {
        return entry.lastOpset() == OperatorSchemas.NEWEST_OPSET
                ? entry.firstOpset() + "+"
                : entry.firstOpset() + " to " + entry.lastOpset();
    }
}
