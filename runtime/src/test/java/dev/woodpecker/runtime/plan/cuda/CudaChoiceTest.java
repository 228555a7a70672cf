package dev.woodpecker.runtime.plan.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CudaChoiceTest {
    private static DeviceFacts device(int major, int minor) {
        return new DeviceFacts(
                0, "GPU", major, minor, 12060, 1L << 30, 20, 1, 1, 1, 7 << 20, 48 << 10, 99 << 10, 100 << 10, 65536,
                1536);
    }

    @Test
    void aTargetNamesADeviceOrAGeneration() {
        assertThat(CudaChoice.parse("cuda")).isEqualTo(new CudaChoice(0, Optional.empty(), false));
        assertThat(CudaChoice.parse("cuda:2")).isEqualTo(new CudaChoice(2, Optional.empty(), false));
        assertThat(CudaChoice.parse("cuda:sm_80")).isEqualTo(new CudaChoice(0, Optional.of("sm_80"), false));
        assertThat(CudaChoice.parse("cuda:emulated")).isEqualTo(new CudaChoice(0, Optional.empty(), true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "cuda:", "cuda:x", "cuda:sm_1", "cuda:-1", "cuda:0:1"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> CudaChoice.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"7, 5, cuda:sm_75", "8, 0, cuda:sm_80", "8, 6, cuda:sm_80", "8, 9, cuda:sm_80", "9, 0, cuda:sm_90a"})
    void codeIsOfTheDevicesGeneration(int major, int minor, String target) {
        assertThat(CudaChoice.parse("cuda").target(device(major, minor)))
                .satisfies(made -> assertThat(made.name()).isEqualTo(target))
                .satisfies(made -> assertThat(made.units()).isEqualTo(20))
                .satisfies(made -> assertThat(made.nearBytes()).isEqualTo(7 << 20));
    }

    @Test
    void codeOfAGenerationIsTheSameOnEveryDevice() {
        assertThat(CudaChoice.parse("cuda:sm_80").target(device(8, 6))).isEqualTo(Target.parse("cuda:sm_80"));
    }

    @Test
    void codeThatADeviceDoesNotRunIsRefusedBeforeItIsMade() {
        assertThatThrownBy(() -> CudaChoice.parse("cuda").target(device(7, 0)))
                .isInstanceOf(CudaException.class)
                .hasMessageStartingWith("no code can be made for GPU, compute capability 7.0");
        assertThatThrownBy(() -> CudaChoice.parse("cuda:sm_80").target(device(9, 0)))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("code for cuda:sm_80 does not run on GPU, compute capability 9.0")
                .hasMessageEndingWith("choose cuda:sm_90a");
    }
}
