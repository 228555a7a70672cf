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

    /** What answers by a predicate, which is no value that C knows: an instruction more makes it one. */
    private static final Pattern ANSWER = Pattern.compile("\\{ \\.reg \\.pred p; ([^;]*;) selp\\.u32 %0, 1, 0, p; \\}");

    /** The prelude, and what its macros become. */
    private static final List<String> SOURCES = Stream.concat(
                    Stream.of(Dialect.CUDA.prelude()), expansions(Dialect.CUDA.prelude()).stream())
            .toList();

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
        Matcher answering = ANSWER.matcher(code);
        code = answering.matches() ? answering.group(1) : code;
        assertThat(code).as("one instruction").matches("[a-z][\\w.:]*( [^;]*)?;");
        assertThat(assembly.find()).as("no other assembly").isFalse();
        assertThat(function).as("no loop, no branch").doesNotContain("for (", "if (", "while (");
    }

    @ParameterizedTest
    @MethodSource("table")
    void templatesNameTheirOperands(Intrinsic intrinsic) {
        String between = call(intrinsic).group(2);
        List<String> placeholders = between.isEmpty() ? List.of() : Arrays.asList(between.split(", "));
        intrinsic.operands().forEach(o -> assertThat(placeholders).contains("$" + o.name()));
        String function = function(call(intrinsic).group(1));
        String parameters = function.substring(1, function.indexOf(')')).strip();
        assertThat(parameters.isEmpty() ? new String[0] : parameters.split(","))
                .as(parameters)
                .hasSameSizeAs(placeholders);
    }

    @Test
    void namesAndTilesAreUnique() {
        assertThat(Intrinsics.all()).extracting(Intrinsic::name).doesNotHaveDuplicates();
        assertThat(Intrinsics.tiles())
                .extracting(t -> t.extents() + " " + t.elementType() + " " + t.accumulatorType() + " " + t.swapped())
                .doesNotHaveDuplicates();
        assertThat(Intrinsics.all())
                .containsAll(Intrinsics.tiles().stream()
                        .flatMap(t ->
                                Stream.concat(Stream.concat(Stream.of(t.product()), t.others().stream()), loads(t)))
                        .toList());
    }

    @Test
    void loadsFitTheProductsThatTakeThem() {
        List<TensorTile> ofWarps =
                Intrinsics.tiles().stream().filter(t -> !t.readsShared()).toList();
        for (TensorTile tile : ofWarps) {
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

    @Test
    void productsOfGroupsOfWarpsReadSharedMemoryThemselves() {
        List<TensorTile> ofGroups =
                Intrinsics.tiles().stream().filter(TensorTile::readsShared).toList();
        assertThat(ofGroups).hasSize(6).allSatisfy(tile -> {
            assertThat(loads(tile)).isEmpty();
            assertThat(tile.product().level().threads())
                    .isEqualTo(128)
                    .isEqualTo(tile.accumulator().lanes());
            assertThat(tile.product(true, true)).isEqualTo(tile.product());
            assertThat(tile.product(false, true).operand("left").shape()).containsExactly(16, 64);
            assertThat(tile.product(true, false).operand("right").shape()).containsExactly(16, tile.columns());
            assertThat(tile.product(true, false).name()).endsWith("_km");
            assertThat(Intrinsics.tile(tile.product(false, false).name())).contains(tile);
        });
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
        Pattern definition = Pattern.compile("INLINE \\w+ " + name + "(\\([^)]*\\) \\{)");
        for (String source : SOURCES) {
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
