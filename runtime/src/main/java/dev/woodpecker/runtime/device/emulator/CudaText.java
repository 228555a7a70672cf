package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.toolchain.ContentKey;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A kernel and the CUDA that was printed of it: the text is executed, the kernel says how it is launched. */
public record CudaText(LoweredKernel kernel, String text) {
    public CudaText {
        if (!kernel.target().isCuda()) {
            throw new IllegalArgumentException(kernel.name() + " was made for "
                    + kernel.target().name() + "; the emulator executes CUDA, of a target such as cuda:sm_80");
        }
    }

    public static CudaText of(KernelSource source) {
        return new CudaText(source.lowered(), source.text());
    }

    /** SHA-256 of the text, in hexadecimal. */
    public String sha256() {
        return ContentKey.ofContent(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)))
                .hex();
    }

    List<String> symbols() {
        return kernel.phases().stream().map(LoweredKernel.Phase::symbol).toList();
    }
}
