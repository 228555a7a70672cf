package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whatever the source, the processor does not fail: kernels with words and numbers exchanged at random. */
class BrokenSourcesTest {
    private static final int SOURCES = 40;

    private static final String SOURCE = """
        package p;
        import static dev.woodpecker.dsl.Dsl.*;
        import dev.woodpecker.dsl.*;
        public final class K {
            private static final float[][] TABLE = {{1, 0.5f}, {2, 3}};
            private static final int[] AXES = {0, 1};
            private static final float SCALE = 2 * 0.5f;
            public record Both(Tensor first, IntTensor second) {}
            @Kernel(op = "A", variant = "v")
            @Example("x=4x4 strides=1,1 axis=1")
            public static Tensor direct(Tensor x, @Absent Tensor b, int[] strides, @Attribute(byDefault = "1") int axis) {
                require(x.rank() == 2 && axis > 0);
                int n = x.size(0) / strides[0], m = x.size(1);
                Tensor stage = tensor(n, m, (i, j) -> {
                    float v = x.atOr(0, i * strides[0], j - 1);
                    return v < 0 ? SCALE * v : square(v) + TABLE[i % 2][1];
                });
                return tensor(n, i -> b.at(i) + sum(m, j -> exp(stage.at(i, j))) / Math.max(n, 2));
            }
            @Kernel(op = "B")
            public static Both both(Tensor x, IntTensor indices) {
                Index kept = x.shape().drop(AXES).map(d -> d + 1);
                Tensor y = tensor(x.shape(), o -> x.at(o.with(0, (int) indices.at(0))));
                return new Both(y, Ints.tensor(kept, o -> Ints.max(3, k -> o.get(0) * k) + argMax(2, k -> y.at(o))));
            }
            @Kernel(op = "C")
            public static float third(float x, long n, boolean flag) { return flag && n > 1 ? square(x) : (float) n; }
            private static float square(float v) { float w = v * v; return w; }
        }
        """;

    @Test
    void noSourceMakesTheProcessorFail() {
        for (int seed = 0; seed < SOURCES; seed++) {
            String broken = broken(seed);
            Compilation compilation = Compiling.sources(JavaFileObjects.forSourceString("p.K", broken));
            assertThat(compilation.errors())
                    .as("seed %d:%n%s", seed, broken)
                    .noneMatch(error -> error.getMessage(Locale.ROOT).contains("WPK-E033"));
        }
    }

    /** One to three words of the methods are replaced by others of them. */
    private static String broken(long seed) {
        Random random = new Random(seed);
        // javac 25 itself fails on some records, so that these are left alone.
        int start = SOURCE.indexOf("@Kernel");
        List<int[]> words = new ArrayList<>();
        Matcher matcher = Pattern.compile("\\b[\\w.]+\\b").matcher(SOURCE);
        while (matcher.find()) {
            if (matcher.start() >= start) {
                words.add(new int[] {matcher.start(), matcher.end()});
            }
        }
        StringBuilder text = new StringBuilder(SOURCE);
        int changes = 1 + random.nextInt(3);
        List<int[]> places = new ArrayList<>();
        for (int i = 0; i < changes; i++) {
            places.add(words.get(random.nextInt(words.size())));
        }
        places.sort((a, b) -> b[0] - a[0]);
        for (int[] place : places) {
            int[] other = words.get(random.nextInt(words.size()));
            text.replace(place[0], place[1], SOURCE.substring(other[0], other[1]));
        }
        return text.toString();
    }
}
