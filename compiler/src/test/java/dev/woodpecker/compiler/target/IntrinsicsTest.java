package dev.woodpecker.compiler.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.Intrinsic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IntrinsicsTest {
    private static final Pattern MACRO =
            Pattern.compile("#define (\\w+)\\(([^)]*)\\)((?:.*\\\\\\n)+.*)\\n((?:\\1\\([^)]*\\)\\n)+)");
    private static final Pattern ASSEMBLY = Pattern.compile("asm(?: volatile)?\\(\\s*((?:\"[^\"]*\"\\s*)+)");

    /** Those of the GPU: their functions are in the prelude. */
    static Stream<Intrinsic> table() {
        return Intrinsics.all().stream().filter(i -> i.templates().containsKey(Dialect.CUDA.name()));
    }

    @Test
    void inCAnIntrinsicIsOneBuiltIn() {
        List<String> templates = Intrinsics.all().stream()
                .flatMap(i -> Stream.ofNullable(i.templates().get(Dialect.C.name())))
                .toList();
        assertThat(templates).isNotEmpty().allMatch(text -> text.matches("__builtin_\\w+\\(\\$\\w+\\)"));
    }

    /** That the text is one instruction is what makes an intrinsic comparable and its figures those of the manual. */
    @ParameterizedTest
    @MethodSource("table")
    void anIntrinsicIsOneInstruction(Intrinsic intrinsic) {
        String function = function(call(intrinsic).group(1));
        Matcher assembly = ASSEMBLY.matcher(function);
        assertThat(assembly.find()).as("%s has assembly", intrinsic.name()).isTrue();
        String code =
                assembly.group(1).replaceAll("\"\\s*\"", "").replace("\"", "").strip();
        assertThat(code).as("one instruction").matches("[a-z][\\w.:]* [^;]*;");
        assertThat(assembly.find()).as("no other assembly").isFalse();
        assertThat(function).as("no loop, no branch").doesNotContain("for (", "if (", "while (");
    }

    @ParameterizedTest
    @MethodSource("table")
    void templatesNameTheirOperands(Intrinsic intrinsic) {
        List<String> placeholders = Arrays.asList(call(intrinsic).group(2).split(", "));
        intrinsic.operands().forEach(o -> assertThat(placeholders).contains("$" + o.name()));
        String parameters =
                function(call(intrinsic).group(1)).lines().findFirst().orElseThrow();
        assertThat(parameters.split(",")).as(parameters).hasSameSizeAs(placeholders);
    }

    @Test
    void namesAndTilesAreUnique() {
        assertThat(Intrinsics.all()).extracting(Intrinsic::name).doesNotHaveDuplicates();
        assertThat(Intrinsics.tiles())
                .extracting(t -> t.extents() + " " + t.elementType() + " " + t.accumulatorType() + " " + t.swapped())
                .doesNotHaveDuplicates();
        assertThat(Intrinsics.all())
                .containsAll(Intrinsics.tiles().stream()
                        .flatMap(t -> Stream.concat(Stream.of(t.product()), loads(t)))
                        .toList());
    }

    @Test
    void loadsFitTheProductsThatTakeThem() {
        for (TensorTile tile : Intrinsics.tiles()) {
            loads(tile.left())
                    .forEach(load -> assertThat(load.operand("fragment").distribution())
                            .isEqualTo(tile.product().operand("left").distribution()));
            loads(tile.right())
                    .forEach(load -> assertThat(load.operand("fragment").distribution())
                            .isEqualTo(tile.product().operand("right").distribution()));
            boolean packed = tile.elementType().bytes() < 4;
            assertThat(loads(tile).count())
                    .as("elements of 4 bytes that lie along the side are brought one by one")
                    .isEqualTo(packed ? 4 : 2);
            assertThat(tile.accumulatorType().bytes())
                    .as("an accumulator fills a register, so that lanes can use it by itself")
                    .isEqualTo(4);
            assertThat(tile.product().level().threads())
                    .isEqualTo(tile.accumulator().lanes());
        }
    }

    private static Stream<Intrinsic> loads(TensorTile tile) {
        return Stream.concat(loads(tile.left()), loads(tile.right()));
    }

    private static Stream<Intrinsic> loads(TensorTile.Loads loads) {
        return Stream.concat(loads.alongDepth().stream(), loads.alongSide().stream());
    }

    private static Matcher call(Intrinsic intrinsic) {
        Matcher call = Pattern.compile("(\\w+)\\((.*)\\)")
                .matcher(intrinsic.templates().get(Dialect.CUDA.name()));
        assertThat(call.matches()).isTrue();
        return call;
    }

    /** The text of a function of the prelude, from its parameters on. */
    private static String function(String name) {
        List<String> sources = new ArrayList<>(List.of(Dialect.CUDA.prelude()));
        sources.addAll(expansions(Dialect.CUDA.prelude()));
        Pattern definition = Pattern.compile("INLINE \\w+ " + name + "(\\([^)]*\\) \\{.*?\\n?\\})", Pattern.DOTALL);
        for (String source : sources) {
            Matcher m = definition.matcher(source);
            if (m.find()) {
                return body(source, m.start(1));
            }
        }
        throw new AssertionError("the prelude has no function " + name);
    }

    private static String body(String source, int start) {
        int depth = 0;
        for (int i = source.indexOf('{', start); ; i++) {
            depth += source.charAt(i) == '{' ? 1 : source.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return source.substring(start, i + 1);
            }
        }
    }

    /** What the preprocessor makes of macros that are used right after their definition. */
    private static List<String> expansions(String source) {
        List<String> expanded = new ArrayList<>();
        Matcher macro = MACRO.matcher(source);
        while (macro.find()) {
            String[] parameters = macro.group(2).split(", ");
            for (String use : macro.group(4).strip().split("\\n")) {
                String[] arguments = use.substring(use.indexOf('(') + 1, use.lastIndexOf(')'))
                        .split(", ");
                String text = macro.group(3).replace("\\\n", "\n");
                for (int i = 0; i < parameters.length; i++) {
                    text = text.replaceAll("##" + parameters[i] + "\\b", Matcher.quoteReplacement(arguments[i]))
                            .replaceAll("#" + parameters[i] + "\\b", Matcher.quoteReplacement('"' + arguments[i] + '"'))
                            .replaceAll("\\b" + parameters[i] + "\\b", Matcher.quoteReplacement(arguments[i]));
                }
                expanded.add(text.replace("##", ""));
            }
        }
        return expanded;
    }
}
