package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.WoodpeckerException;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.JcudaDriver;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CudaDriverProbe;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * The program of a kit: {@code run KIT RESULTS} does all steps, each in processes of its own; {@code step NAME KIT RESULTS
 * SECONDS} is such a process; {@code report RESULTS} writes the tables anew.
 */
final class KitMain {
    /** The device refuses everything from now on in this process: another may go on. */
    static final int EXIT_STICKY = 96;
    /** There is no device, or it is not one that this kit was made for: another process would find the same. */
    static final int EXIT_NO_DEVICE = 95;

    private KitMain() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> all = List.of(arguments);
        switch (all.isEmpty() ? "" : all.getFirst()) {
            case "run" -> System.exit(new KitRun(Path.of(all.get(1)), Path.of(all.get(2))).run());
            case "step" ->
                System.exit(step(
                        KitSteps.named(all.get(1)),
                        Path.of(all.get(2)),
                        Path.of(all.get(3)),
                        Duration.ofSeconds(Long.parseLong(all.get(4)))));
            case "report" -> System.out.println(KitReport.write(Path.of(all.get(1))));
            default -> {
                System.err.println("run KIT RESULTS | step NAME KIT RESULTS SECONDS | report RESULTS");
                System.exit(2);
            }
        }
    }

    private static int step(KitSteps.Step step, Path kit, Path results, Duration limit) throws IOException {
        Files.createDirectories(results);
        Environment environment = Environment.ofProcess();
        try (KernelArchive archive = KernelArchive.open(kit.resolve(PackKit.KERNELS))) {
            String missing = missing(archive.contents().architecture());
            if (!missing.isEmpty()) {
                System.err.println(missing);
                return EXIT_NO_DEVICE;
            }
            // Code of the generation: what was carried, whatever the device's number of multiprocessors.
            String target = "cuda:" + archive.contents().architecture();
            if (step.kind() == KitSteps.Kind.MODELS) {
                ofModels(step, kit, results, target, limit);
                return 0;
            }
            // Neither is closed after a sticky error: the process ends, and with it all that it has.
            CudaDriver driver = JcudaDriver.open(0, CacheDirectory.open(environment));
            StepContext context = new StepContext(driver, archive, results, limit, SharedObjectSearch.of(environment));
            KitSteps.run(step, context);
            context.close();
            driver.close();
            return 0;
        } catch (CudaException refused) {
            System.err.println(refused.getMessage());
            return refused.isSticky() ? EXIT_STICKY : 1;
        } catch (WoodpeckerException refused) {
            System.err.println(refused.getMessage());
            return 1;
        }
    }

    private static void ofModels(KitSteps.Step step, Path kit, Path results, String target, Duration limit)
            throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        DoubleSupplier secondsLeft = () -> (end - System.nanoTime()) * 1e-9;
        boolean everything = step.name().equals(TuningStep.NAME)
                ? TuningStep.run(KitModel.all(), kit, results, target, secondsLeft)
                : ModelStep.run(KitModel.all(), kit, results, target, secondsLeft);
        if (everything) {
            Files.writeString(StepContext.completeMark(results, step.name()), "");
        }
    }

    /** Why nothing can run here; empty if it can. */
    static String missing(String architecture) {
        return switch (CudaDriverProbe.ask()) {
            case CudaDriverProbe.Answer.NoDriver _ ->
                "no CUDA device: there is no libcuda.so.1; install NVIDIA's driver, or put its folder on"
                        + " LD_LIBRARY_PATH";
            case CudaDriverProbe.Answer.Failed(String call, int error) ->
                "no CUDA device: " + call + " gives CUDA error " + error + "; see what nvidia-smi says";
            case CudaDriverProbe.Answer.Devices(String version, List<CudaDriverProbe.Device> devices) ->
                devices.isEmpty()
                        ? "no CUDA device: driver " + version + " sees none; see CUDA_VISIBLE_DEVICES"
                        : unfit(architecture, devices.getFirst());
        };
    }

    private static String unfit(String architecture, CudaDriverProbe.Device device) {
        String capability = architecture.replaceAll("\\D", "");
        return device.capability().replace(".", "").equals(capability)
                ? ""
                : "this kit has code for " + architecture + ", the device is a " + device.name() + " of "
                        + device.capability() + "; pack one with --architecture sm_"
                        + device.capability().replace(".", "");
    }
}
