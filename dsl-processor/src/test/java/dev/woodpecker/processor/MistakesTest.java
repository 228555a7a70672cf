package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each mistake in a kernel is told as, and where. */
class MistakesTest {
    /** Not a kernel's own mistake: see {@link SourcesTest} and {@link ModulesTest}. */
    private static final Set<DiagnosticCode> ELSEWHERE = Set.of(
            DiagnosticCode.NO_SOURCE,
            DiagnosticCode.MISSING_PROVIDES,
            DiagnosticCode.INTERNAL,
            DiagnosticCode.GENERATED_CLASS_EXISTS);

    private static Stream<Mistake> mistakes() {
        return Stream.of(SignatureMistakes.ALL, BodyMistakes.ALL, TensorMistakes.ALL)
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isToldAtItsPlace(Mistake mistake) {
        Compilation compilation = Compiling.sources(JavaFileObjects.forSourceString("p.K", mistake.source()));

        List<Diagnostic<? extends JavaFileObject>> told = compilation.errors().stream()
                .<Diagnostic<? extends JavaFileObject>>map(error -> error)
                .filter(error ->
                        error.getMessage(Locale.ROOT).startsWith(mistake.code().code()))
                .toList();
        assertThat(told).as("errors: %s", Compiling.errors(compilation)).hasSize(1);
        assertThat(told.getFirst().getMessage(Locale.ROOT))
                .contains(mistake.says())
                .contains(mistake.code().title())
                .contains(mistake.code().remedy());
        assertThat(told.getFirst().getLineNumber() + ":" + told.getFirst().getColumnNumber())
                .isEqualTo(mistake.place());
    }

    @Test
    void allMistakesOfAClassAreToldAtOnce() {
        Compilation compilation = Compiling.members("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                int n = 1;
                n = 2;
                if (n > 1) { }
                return tensor(x.size(0), i -> (float) Math.cbrt(x.at(i)));
            }
            @Kernel(op = "G")
            public float g(float x, float y) { return x; }
            """);
        assertThat(Compiling.errors(compilation))
                .extracting(error -> error.replaceAll("^\\S+ (\\S+) .*", "$1"))
                .containsExactly("WPK-E013", "WPK-E014", "WPK-E018", "WPK-E001");
    }

    /** What could be wrong and is not, or is not known to be. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "tensor(x.size(0), i -> i + 1 < x.size(0) ? x.at(i + 1) : 0)",
                "tensor(x.size(0) - 1, i -> x.at(i + 1) - x.at(i))",
                "tensor(x.size(0), i -> x.atOr(0, i - 1) + x.atOr(0, i + x.size(0)))",
                "tensor(x.size(0) / 2, i -> x.at(2 * i + 1))",
                "tensor(x.size(0), i -> sum(3, k -> x.at(k)))",
                "tensor(x.size(0), i -> x.rank() == 1 ? x.at(i) : x.at(i, 0))",
                "tensor(x.size(0), i -> x.at(x.size(0) - 1 - i))",
                "tensor(x.size(0), i -> x.at(i % n) / n + i / n)",
                "tensor(n == 0 ? 1 : n, x.size(n), (i, j) -> x.at(Index.of(i, j)))",
            })
    void whatIsNotKnownToBeWrongIsAccepted(String body) {
        Compilation compilation = Compiling.members(
                "@Kernel(op = \"F\") public static Tensor f(Tensor x, int n) { return " + body + "; }");
        assertThat(Compiling.errors(compilation)).isEmpty();
    }

    @Test
    void everyCodeIsProvoked() {
        Set<DiagnosticCode> provoked = mistakes().map(Mistake::code).collect(Collectors.toCollection(TreeSet::new));
        provoked.addAll(ELSEWHERE);
        assertThat(provoked).containsExactly(DiagnosticCode.values());
    }
}
