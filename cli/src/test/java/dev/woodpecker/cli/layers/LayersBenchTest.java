package dev.woodpecker.cli.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayersBenchTest {
    private static final String STRIDED = "1,16,9,9,32,3,3,2,2,1,1,1,1,1,1,1,5,5,0.115,a:2 b:1";
    private static final String DEPTHWISE = "1,16,9,9,16,3,3,1,1,1,1,1,1,1,1,16,9,9,0.012,a:1";

    @TempDir
    private Path directory;

    private Path file(String... lines) throws IOException {
        return Files.write(directory.resolve("layers.csv"), List.of(lines));
    }

    @Test
    void aLineIsALayerAndItsUses() {
        ConvolutionLayer layer = ConvolutionLayer.parse(STRIDED);
        assertThat(layer.line()).isEqualTo(STRIDED);
        assertThat(layer.useCount()).isEqualTo(3);
        assertThat(layer.multiplyAdds()).isEqualTo(32L * 5 * 5 * 16 * 9);
        assertThat(layer.text()).isEqualTo("16x9x9 -> 32x5x5, 3x3 stride 2x2");
    }

    @Test
    void aLineThatIsNoLayerIsNamed() throws IOException {
        Path file = file(ConvolutionLayer.HEADER, STRIDED, STRIDED.replace(",5,5,", ",6,5,"));
        assertThatThrownBy(() -> LayerList.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layers.csv:3: no convolution: 16 channels of [9, 9] to 32 of [6, 5]");
    }

    /** As published: He et al., 2015; Simonyan and Zisserman, 2014; Sandler et al., 2018. */
    @Test
    void theZoosLayersAreThoseOfItsNetworks() {
        List<ConvolutionLayer> layers = LayerList.ofZoo();
        assertThat(uses(layers, "resnet18")).isEqualTo(20);
        assertThat(uses(layers, "resnet50")).isEqualTo(53);
        assertThat(uses(layers, "vgg19")).isEqualTo(16);
        assertThat(uses(layers, "mobilenetv2")).isEqualTo(52);
        assertThat(layers)
                .doesNotHaveDuplicates()
                .isSortedAccordingTo((a, b) -> Long.compare(b.multiplyAdds(), a.multiplyAdds()));
    }

    private static int uses(List<ConvolutionLayer> layers, String network) {
        return layers.stream()
                .mapToInt(layer -> layer.uses().getOrDefault(network, 0))
                .sum();
    }

    @Test
    void aSummaryCountsLayersOrTheirUses() {
        Summary summary = new Summary(List.of(0.5, 2.0, 2.0, 4.0), List.of(3, 1, 1, 1));
        assertThat(summary.geometricMean(false)).isCloseTo(Math.sqrt(Math.sqrt(8)), within(1e-12));
        assertThat(summary.geometricMean(true)).isCloseTo(Math.pow(2, 1.0 / 6), within(1e-12));
        assertThat(summary.shareLost(false)).isEqualTo(0.25);
        assertThat(summary.shareLost(true)).isEqualTo(0.5);
        assertThat(summary.tenthPercentile()).isCloseTo(0.5 + 0.3 * 1.5, within(1e-12));
    }

    @Test
    void layersAreTimedBesideOneDnn() throws IOException {
        Optional<OneDnn> library = OneDnn.find(CacheDirectory.open(Environment.ofProcess()));
        assumeTrue(library.isPresent(), "SKIPPED: " + OneDnn.COORDINATES + " is not on the class path");
        StringWriter text = new StringWriter();
        new LayersBench(library.orElseThrow(), Options.defaults(), OptionalDouble.of(100), 1)
                .run(Optional.of(file(ConvolutionLayer.HEADER, STRIDED, DEPTHWISE)), new PrintWriter(text));
        assertThat(text.toString())
                .containsPattern("2 convolutions .* beside oneDNN \\d")
                .containsPattern("3  16x9x9 -> 32x5x5, 3x3 stride 2x2  \\(direct, default; \\S*jit\\S*\\)")
                .containsPattern("1  16x9x9 -> 16x9x9, 3x3 groups 16  \\(depthwise, default; \\S*jit\\S*\\)")
                .contains("2 compared, 0 that oneDNN has no optimised code for")
                .contains("geometric mean", "tenth percentile", "slower than oneDNN: ");
    }
}
