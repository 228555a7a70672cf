package dev.woodpecker.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.call.KernelIndex;
import org.junit.jupiter.api.Test;

class JavaMethodTest {
    @Test
    void isTheSourceFromItsAnnotationToItsEnd() {
        var conv2d = KernelIndex.of(getClass().getClassLoader())
                .find("Convolution.conv2d")
                .getFirst();
        assertThat(JavaMethod.of(conv2d.spec()))
                .startsWith("@Kernel(op = \"Conv\", variant = \"direct\")\npublic static Tensor conv2d(")
                .endsWith("* w.at(k, c, r, s)));\n}\n")
                .doesNotContain("depthwise");
    }
}
