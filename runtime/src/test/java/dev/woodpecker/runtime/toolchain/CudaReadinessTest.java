package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.toolchain.CudaDriverProbe.Answer;
import dev.woodpecker.runtime.toolchain.CudaDriverProbe.Device;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What somebody is told who asks for a GPU: one thing, the first that is missing, and what to do about it. */
class CudaReadinessTest {
    private static final Device DEVICE = new Device("A100", "8.0", 108, 40L << 30);

    private static CudaReadiness.Lacking lacking(Answer driver, boolean hasBinding) {
        return (CudaReadiness.Lacking) CudaReadiness.of(driver, hasBinding);
    }

    @Test
    void withoutADriverItIsToBeInstalled() {
        CudaReadiness.Lacking lacking = lacking(new Answer.NoDriver(), true);
        assertThat(lacking.what()).isEqualTo("no NVIDIA driver: libcuda.so.1 is not found");
        assertThat(lacking.remedy())
                .isEqualTo("install NVIDIA's driver for CUDA 12.0 or later; in a container, let it have the GPU (docker"
                        + " run --gpus all)");
    }

    @Test
    void aDriverThatSeesNoDeviceIsAskedAbout() {
        assertThat(lacking(new Answer.Devices("12.6", List.of()), true).what())
                .isEqualTo("no GPU: NVIDIA's driver for CUDA 12.6 sees no device");
        assertThat(lacking(new Answer.Failed("cuInit", 100), true).what())
                .isEqualTo("no GPU: cuInit of NVIDIA's driver sees no device");
        assertThat(lacking(new Answer.Failed("cuInit", 100), true).remedy()).contains("CUDA_VISIBLE_DEVICES");
    }

    @Test
    void aDriverThatDoesNotStartIsNamedWithItsError() {
        assertThat(lacking(new Answer.Failed("cuInit", 803), true).what())
                .isEqualTo("NVIDIA's driver does not start: cuInit gives CUDA error 803");
    }

    @Test
    void anOldDriverIsToBeUpdated() {
        assertThat(lacking(new Answer.Devices("11.8", List.of(DEVICE)), true).remedy())
                .isEqualTo("update it to one for CUDA 12.0 or later");
        assertThat(CudaReadiness.of(new Answer.Devices("12.0", List.of(DEVICE)), true))
                .isInstanceOf(CudaReadiness.Ready.class);
    }

    @Test
    void withoutJcudaItIsToBeAdded() {
        assertThat(lacking(new Answer.Devices("13.0", List.of(DEVICE)), false).remedy())
                .isEqualTo("add " + JCudaLibrary.COORDINATES);
    }
}
