Attribute VB_Name = "XlroiAddin"
'Worksheet functions and buttons of xlroi; written by "xlroi addin install", do not edit.
'Import it once into xlroi.xlam: README.txt says how.
#Const App = "Microsoft Excel" 'Adjust when using outside of Excel
Option Explicit

'Why a function failed the last time, as Python not found; the button Help shows it.
Private XlroiFailure As String

Function AI_AMORTISED_TRAINING_COST(chip_price, age_years, chip_hours, Optional decay, Optional interconnect_share)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_AMORTISED_TRAINING_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_AMORTISED_TRAINING_COST", Array(chip_price, age_years, chip_hours, decay, interconnect_share), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_AMORTISED_TRAINING_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_AMORTISED_TRAINING_COST", Array(chip_price, age_years, chip_hours, decay, interconnect_share)))
        Exit Function
    #End If
failed:
    AI_AMORTISED_TRAINING_COST = XlroiFailed(Err.Description)
End Function

Function AI_API_COST(input_mtok, output_mtok, input_price, output_price, Optional cached_share, Optional cached_price)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_API_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_API_COST", Array(input_mtok, output_mtok, input_price, output_price, cached_share, cached_price), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_API_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_API_COST", Array(input_mtok, output_mtok, input_price, output_price, cached_share, cached_price)))
        Exit Function
    #End If
failed:
    AI_API_COST = XlroiFailed(Err.Description)
End Function

Function AI_BREAKEVEN_HOURS(capex, own_hourly, rent_hourly)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_BREAKEVEN_HOURS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_BREAKEVEN_HOURS", Array(capex, own_hourly, rent_hourly), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_BREAKEVEN_HOURS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_BREAKEVEN_HOURS", Array(capex, own_hourly, rent_hourly)))
        Exit Function
    #End If
failed:
    AI_BREAKEVEN_HOURS = XlroiFailed(Err.Description)
End Function

Function AI_BREAKEVEN_UTILISATION(annual_owned_cost, gpus, rent_gpu_hour)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_BREAKEVEN_UTILISATION = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_BREAKEVEN_UTILISATION", Array(annual_owned_cost, gpus, rent_gpu_hour), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_BREAKEVEN_UTILISATION = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_BREAKEVEN_UTILISATION", Array(annual_owned_cost, gpus, rent_gpu_hour)))
        Exit Function
    #End If
failed:
    AI_BREAKEVEN_UTILISATION = XlroiFailed(Err.Description)
End Function

Function AI_CASE(model, output, Optional names_and_values, Optional scenario)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_CASE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CASE", Array(model, output, names_and_values, scenario), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_CASE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CASE", Array(model, output, names_and_values, scenario)))
        Exit Function
    #End If
failed:
    AI_CASE = XlroiFailed(Err.Description)
End Function

Function AI_CHECKPOINT_INTERVAL(checkpoint, mtbf)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_CHECKPOINT_INTERVAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CHECKPOINT_INTERVAL", Array(checkpoint, mtbf), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_CHECKPOINT_INTERVAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CHECKPOINT_INTERVAL", Array(checkpoint, mtbf)))
        Exit Function
    #End If
failed:
    AI_CHECKPOINT_INTERVAL = XlroiFailed(Err.Description)
End Function

Function AI_CROSSOVER(own_upfront, own_monthly, rent_monthly, Optional own_annual_growth, Optional rent_annual_growth)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_CROSSOVER = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CROSSOVER", Array(own_upfront, own_monthly, rent_monthly, own_annual_growth, rent_annual_growth), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_CROSSOVER = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_CROSSOVER", Array(own_upfront, own_monthly, rent_monthly, own_annual_growth, rent_annual_growth)))
        Exit Function
    #End If
failed:
    AI_CROSSOVER = XlroiFailed(Err.Description)
End Function

Function AI_DEPRECIATION(cost, salvage, life, period, Optional method)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_DEPRECIATION = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_DEPRECIATION", Array(cost, salvage, life, period, method), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_DEPRECIATION = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_DEPRECIATION", Array(cost, salvage, life, period, method)))
        Exit Function
    #End If
failed:
    AI_DEPRECIATION = XlroiFailed(Err.Description)
End Function

Function AI_ERLANG_C(arrivals_per_hour, handle_seconds, agents)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_ERLANG_C = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_ERLANG_C", Array(arrivals_per_hour, handle_seconds, agents), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_ERLANG_C = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_ERLANG_C", Array(arrivals_per_hour, handle_seconds, agents)))
        Exit Function
    #End If
failed:
    AI_ERLANG_C = XlroiFailed(Err.Description)
End Function

Function AI_GPU_HOUR_COST(capex, residual, years, annual_opex, gpus, utilisation, Optional annual_rate)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_GPU_HOUR_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_GPU_HOUR_COST", Array(capex, residual, years, annual_opex, gpus, utilisation, annual_rate), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_GPU_HOUR_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_GPU_HOUR_COST", Array(capex, residual, years, annual_opex, gpus, utilisation, annual_rate)))
        Exit Function
    #End If
failed:
    AI_GPU_HOUR_COST = XlroiFailed(Err.Description)
End Function

Function AI_IRR(flows)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_IRR = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_IRR", Array(flows), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_IRR = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_IRR", Array(flows)))
        Exit Function
    #End If
failed:
    AI_IRR = XlroiFailed(Err.Description)
End Function

Function AI_NPV(annual_rate, monthly_flows)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_NPV = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_NPV", Array(annual_rate, monthly_flows), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_NPV = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_NPV", Array(annual_rate, monthly_flows)))
        Exit Function
    #End If
failed:
    AI_NPV = XlroiFailed(Err.Description)
End Function

Function AI_PAYBACK(initial, monthly_net, Optional ramp_months)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_PAYBACK = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PAYBACK", Array(initial, monthly_net, ramp_months), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_PAYBACK = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PAYBACK", Array(initial, monthly_net, ramp_months)))
        Exit Function
    #End If
failed:
    AI_PAYBACK = XlroiFailed(Err.Description)
End Function

Function AI_PAYBACK_FLOWS(flows)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_PAYBACK_FLOWS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PAYBACK_FLOWS", Array(flows), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_PAYBACK_FLOWS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PAYBACK_FLOWS", Array(flows)))
        Exit Function
    #End If
failed:
    AI_PAYBACK_FLOWS = XlroiFailed(Err.Description)
End Function

Function AI_PRICE(item, Optional provider, Optional region, Optional term)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_PRICE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE", Array(item, provider, region, term), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_PRICE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE", Array(item, provider, region, term)))
        Exit Function
    #End If
failed:
    AI_PRICE = XlroiFailed(Err.Description)
End Function

Function AI_PRICE_DATE(item, Optional provider, Optional region, Optional term)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_PRICE_DATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE_DATE", Array(item, provider, region, term), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_PRICE_DATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE_DATE", Array(item, provider, region, term)))
        Exit Function
    #End If
failed:
    AI_PRICE_DATE = XlroiFailed(Err.Description)
End Function

Function AI_PRICE_SOURCE(item, Optional provider, Optional region, Optional term)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_PRICE_SOURCE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE_SOURCE", Array(item, provider, region, term), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_PRICE_SOURCE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_PRICE_SOURCE", Array(item, provider, region, term)))
        Exit Function
    #End If
failed:
    AI_PRICE_SOURCE = XlroiFailed(Err.Description)
End Function

Function AI_RESERVED_BREAKEVEN(on_demand, upfront, recurring_hourly, hours)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_RESERVED_BREAKEVEN = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESERVED_BREAKEVEN", Array(on_demand, upfront, recurring_hourly, hours), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_RESERVED_BREAKEVEN = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESERVED_BREAKEVEN", Array(on_demand, upfront, recurring_hourly, hours)))
        Exit Function
    #End If
failed:
    AI_RESERVED_BREAKEVEN = XlroiFailed(Err.Description)
End Function

Function AI_RESERVED_RATE(upfront, recurring_hourly, hours)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_RESERVED_RATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESERVED_RATE", Array(upfront, recurring_hourly, hours), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_RESERVED_RATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESERVED_RATE", Array(upfront, recurring_hourly, hours)))
        Exit Function
    #End If
failed:
    AI_RESERVED_RATE = XlroiFailed(Err.Description)
End Function

Function AI_RESIDUAL(price, years, Optional decay)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_RESIDUAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESIDUAL", Array(price, years, decay), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_RESIDUAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RESIDUAL", Array(price, years, decay)))
        Exit Function
    #End If
failed:
    AI_RESIDUAL = XlroiFailed(Err.Description)
End Function

Function AI_RETRAIN_INTERVAL(retrain_cost, monthly_value, monthly_decay)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_RETRAIN_INTERVAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RETRAIN_INTERVAL", Array(retrain_cost, monthly_value, monthly_decay), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_RETRAIN_INTERVAL = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RETRAIN_INTERVAL", Array(retrain_cost, monthly_value, monthly_decay)))
        Exit Function
    #End If
failed:
    AI_RETRAIN_INTERVAL = XlroiFailed(Err.Description)
End Function

Function AI_REVIEWERS(arrivals_per_hour, handle_seconds, service_level, target_seconds, Optional shrinkage)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_REVIEWERS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_REVIEWERS", Array(arrivals_per_hour, handle_seconds, service_level, target_seconds, shrinkage), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_REVIEWERS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_REVIEWERS", Array(arrivals_per_hour, handle_seconds, service_level, target_seconds, shrinkage)))
        Exit Function
    #End If
failed:
    AI_REVIEWERS = XlroiFailed(Err.Description)
End Function

Function AI_RISK_ADJUSTED(value, risk, Optional is_cost)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_RISK_ADJUSTED = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RISK_ADJUSTED", Array(value, risk, is_cost), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_RISK_ADJUSTED = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_RISK_ADJUSTED", Array(value, risk, is_cost)))
        Exit Function
    #End If
failed:
    AI_RISK_ADJUSTED = XlroiFailed(Err.Description)
End Function

Function AI_ROI(total_benefit, total_cost)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_ROI = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_ROI", Array(total_benefit, total_cost), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_ROI = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_ROI", Array(total_benefit, total_cost)))
        Exit Function
    #End If
failed:
    AI_ROI = XlroiFailed(Err.Description)
End Function

Function AI_SAVINGS_RATE(contracted, effective)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_SAVINGS_RATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SAVINGS_RATE", Array(contracted, effective), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_SAVINGS_RATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SAVINGS_RATE", Array(contracted, effective)))
        Exit Function
    #End If
failed:
    AI_SAVINGS_RATE = XlroiFailed(Err.Description)
End Function

Function AI_SCHEDULE(model, line, Optional names_and_values)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_SCHEDULE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SCHEDULE", Array(model, line, names_and_values), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_SCHEDULE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SCHEDULE", Array(model, line, names_and_values)))
        Exit Function
    #End If
failed:
    AI_SCHEDULE = XlroiFailed(Err.Description)
End Function

Function AI_SERVING_SERVERS(peak_rps, rps_per_instance, gpus_per_instance, gpus_per_server)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_SERVING_SERVERS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SERVING_SERVERS", Array(peak_rps, rps_per_instance, gpus_per_instance, gpus_per_server), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_SERVING_SERVERS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SERVING_SERVERS", Array(peak_rps, rps_per_instance, gpus_per_instance, gpus_per_server)))
        Exit Function
    #End If
failed:
    AI_SERVING_SERVERS = XlroiFailed(Err.Description)
End Function

Function AI_SIMULATE(model, output, Optional names_and_values, Optional trials, Optional seed)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_SIMULATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SIMULATE", Array(model, output, names_and_values, trials, seed), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_SIMULATE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SIMULATE", Array(model, output, names_and_values, trials, seed)))
        Exit Function
    #End If
failed:
    AI_SIMULATE = XlroiFailed(Err.Description)
End Function

Function AI_SPOT_PRICE(spot_price, mtbf_hours, checkpoint_hours, restart_hours, Optional interval)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_SPOT_PRICE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SPOT_PRICE", Array(spot_price, mtbf_hours, checkpoint_hours, restart_hours, interval), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_SPOT_PRICE = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_SPOT_PRICE", Array(spot_price, mtbf_hours, checkpoint_hours, restart_hours, interval)))
        Exit Function
    #End If
failed:
    AI_SPOT_PRICE = XlroiFailed(Err.Description)
End Function

Function AI_TCO(acquisition, monthly_operation, months, Optional disposal, Optional annual_rate, Optional annual_growth)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TCO = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TCO", Array(acquisition, monthly_operation, months, disposal, annual_rate, annual_growth), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TCO = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TCO", Array(acquisition, monthly_operation, months, disposal, annual_rate, annual_growth)))
        Exit Function
    #End If
failed:
    AI_TCO = XlroiFailed(Err.Description)
End Function

Function AI_TOKEN_COST(gpu_hour_price, gpus, tokens_per_second, Optional utilisation)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TOKEN_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TOKEN_COST", Array(gpu_hour_price, gpus, tokens_per_second, utilisation), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TOKEN_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TOKEN_COST", Array(gpu_hour_price, gpus, tokens_per_second, utilisation)))
        Exit Function
    #End If
failed:
    AI_TOKEN_COST = XlroiFailed(Err.Description)
End Function

Function AI_TORNADO(model, output, Optional names_and_values)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TORNADO = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TORNADO", Array(model, output, names_and_values), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TORNADO = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TORNADO", Array(model, output, names_and_values)))
        Exit Function
    #End If
failed:
    AI_TORNADO = XlroiFailed(Err.Description)
End Function

Function AI_TRAINING_COST(parameters, tokens, peak_tflops, mfu, gpu_hour_price, Optional overhead)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TRAINING_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_COST", Array(parameters, tokens, peak_tflops, mfu, gpu_hour_price, overhead), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TRAINING_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_COST", Array(parameters, tokens, peak_tflops, mfu, gpu_hour_price, overhead)))
        Exit Function
    #End If
failed:
    AI_TRAINING_COST = XlroiFailed(Err.Description)
End Function

Function AI_TRAINING_ENERGY_COST(tdp_kw, server_multiplier, load, pue, chip_hours, price_kwh)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TRAINING_ENERGY_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_ENERGY_COST", Array(tdp_kw, server_multiplier, load, pue, chip_hours, price_kwh), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TRAINING_ENERGY_COST = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_ENERGY_COST", Array(tdp_kw, server_multiplier, load, pue, chip_hours, price_kwh)))
        Exit Function
    #End If
failed:
    AI_TRAINING_ENERGY_COST = XlroiFailed(Err.Description)
End Function

Function AI_TRAINING_FLOPS(parameters, tokens)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TRAINING_FLOPS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_FLOPS", Array(parameters, tokens), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TRAINING_FLOPS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_FLOPS", Array(parameters, tokens)))
        Exit Function
    #End If
failed:
    AI_TRAINING_FLOPS = XlroiFailed(Err.Description)
End Function

Function AI_TRAINING_GPU_HOURS(flops, peak_tflops, mfu)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_TRAINING_GPU_HOURS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_GPU_HOURS", Array(flops, peak_tflops, mfu), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_TRAINING_GPU_HOURS = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_TRAINING_GPU_HOURS", Array(flops, peak_tflops, mfu)))
        Exit Function
    #End If
failed:
    AI_TRAINING_GPU_HOURS = XlroiFailed(Err.Description)
End Function

Function AI_XIRR(flows, dates)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_XIRR = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_XIRR", Array(flows, dates), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_XIRR = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_XIRR", Array(flows, dates)))
        Exit Function
    #End If
failed:
    AI_XIRR = XlroiFailed(Err.Description)
End Function

Function AI_XNPV(rate, flows, dates)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        AI_XNPV = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_XNPV", Array(rate, flows, dates), ActiveWorkbook, Application.Caller))
        Exit Function
    #Else
        AI_XNPV = XlroiShown(XlroiPy.CallUDF("xlroi.cells.hosts.classic", "AI_XNPV", Array(rate, flows, dates)))
        Exit Function
    #End If
failed:
    AI_XNPV = XlroiFailed(Err.Description)
End Function

Sub XlroiBuild(control As IRibbonControl)
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbInformation, "xlroi"
    ElseIf XlroiRefused <> "" Then
        MsgBox XlroiRefused, vbExclamation, "xlroi"
    Else
        XlroiStayHome
        RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.build()"
    End If
End Sub

Sub XlroiRun(control As IRibbonControl)
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbInformation, "xlroi"
    ElseIf XlroiRefused <> "" Then
        MsgBox XlroiRefused, vbExclamation, "xlroi"
    Else
        XlroiStayHome
        RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.run()"
    End If
End Sub

Sub XlroiSimulate(control As IRibbonControl)
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbInformation, "xlroi"
    ElseIf XlroiRefused <> "" Then
        MsgBox XlroiRefused, vbExclamation, "xlroi"
    Else
        XlroiStayHome
        RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.simulate()"
    End If
End Sub

Sub XlroiVerify(control As IRibbonControl)
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbInformation, "xlroi"
    ElseIf XlroiRefused <> "" Then
        MsgBox XlroiRefused, vbExclamation, "xlroi"
    Else
        XlroiStayHome
        RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.verify()"
    End If
End Sub

Sub XlroiHelp(control As IRibbonControl)
    If XlroiFailure <> "" Then MsgBox "A function failed: " & XlroiFailure & vbNewLine & "In a terminal, xlroi addin doctor says why.", vbExclamation, "xlroi"
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbInformation, "xlroi"
    ElseIf XlroiRefused <> "" Then
        MsgBox XlroiRefused, vbExclamation, "xlroi"
    Else
        XlroiStayHome
        RunPython "import xlroi.cells.hosts.actions; xlroi.cells.hosts.actions.help()"
    End If
End Sub

'Categories and help of arguments in the function wizard. Excel refuses where no workbook is visible yet; nothing else depends on it.
Sub Auto_Open()
    On Error Resume Next
    XlroiDescribe "AI_AMORTISED_TRAINING_COST", "xlroi Training", _
        "Hardware cost of a training run on owned chips: value lost during the run, and the interconnect's share (Cottier et al. 2024).", _
        Array("Price of a chip with its server share", _
        "Age of the chip at the start", _
        "Chip-hours of the run", _
        "Loss of value a year, in powers of ten (default 0.14)", _
        "Share of the network in the cost of a cluster (default 0.19)")
    XlroiDescribe "AI_API_COST", "xlroi Serving", _
        "Bill of a token-priced interface.", _
        Array("Input tokens, in millions", _
        "Output tokens, in millions", _
        "Price of a million input tokens", _
        "Price of a million output tokens", _
        "Share of the input that is cached (default 0)", _
        "Price of a million cached input tokens; the input price if left out")
    XlroiDescribe "AI_BREAKEVEN_HOURS", "xlroi Own or rent", _
        "Hours of use after which owning is cheaper than renting; #N/A if never.", _
        Array("Price of the machine", _
        "Running cost of an hour", _
        "Rent of an hour")
    XlroiDescribe "AI_BREAKEVEN_UTILISATION", "xlroi Own or rent", _
        "Share of all hours that owned GPUs must be used for to cost no more than renting; above 1 owning never pays.", _
        Array("Cost of owning a year", _
        "Number of GPUs", _
        "Rent of a GPU-hour")
    XlroiDescribe "AI_CASE", "xlroi Models", _
        "An output of a model, driven by a range of two columns with names and values; the others are at their defaults.", _
        Array("Model, as roi", _
        "Output, as npv or tco[Own]", _
        "Two columns: input, value", _
        "base, optimistic or pessimistic (default base)")
    XlroiDescribe "AI_CHECKPOINT_INTERVAL", "xlroi Own or rent", _
        "Time between checkpoints that loses least, in the unit of the arguments (Young 1974).", _
        Array("Time to write a checkpoint", _
        "Mean time between failures")
    XlroiDescribe "AI_CROSSOVER", "xlroi Own or rent", _
        "First month at which the cumulative cost of owning falls to that of renting, undiscounted, linear inside the month (with growth they may part again); #N/A if never within 1,200 months.", _
        Array("Paid today for owning", _
        "Running cost of owning in the first month", _
        "Rent of the first month", _
        "Growth of the running cost a year, smooth (default 0)", _
        "Growth of the rent a year, smooth (default 0)")
    XlroiDescribe "AI_DEPRECIATION", "xlroi Training", _
        "Depreciation of a period: SLN, DDB, SYD, MACRS (half-year), or MACRS-MQ1 to MACRS-MQ4 (mid-quarter); MACRS counts tax years and takes no salvage.", _
        Array("Cost", _
        "Value at the end; 0 for MACRS", _
        "Periods of life; for MACRS 3, 5, 7, 10, 15 or 20 years, mid-quarter 3, 5 or 7", _
        "The period", _
        "SLN, DDB, SYD, MACRS, MACRS-MQ1 to MACRS-MQ4 (default SLN)")
    XlroiDescribe "AI_ERLANG_C", "xlroi Serving", _
        "Probability that a case waits for a free agent (Erlang C); 1 where the agents cannot keep up.", _
        Array("Cases an hour", _
        "Seconds for a case", _
        "Number of agents")
    XlroiDescribe "AI_GPU_HOUR_COST", "xlroi Own or rent", _
        "Cost of a useful hour of an owned GPU by capital recovery.", _
        Array("Price of all GPUs with what they need", _
        "Value at the end", _
        "Years of use", _
        "Running cost a year", _
        "Number of GPUs", _
        "Useful share of all hours", _
        "Cost of capital a year (default 0)")
    XlroiDescribe "AI_IRR", "xlroi Return", _
        "Rate a step at which flows are worth 0 today. #NUM! where no rate or more than one does it.", _
        Array("Flow of step 0, 1, 2 and so on")
    XlroiDescribe "AI_NPV", "xlroi Return", _
        "Present value of monthly flows at an effective annual rate. As in Excel's NPV the first flow is one month away: add today's flow apart.", _
        Array("Discount rate, effective a year", _
        "Flow at the end of month 1, 2 and so on")
    XlroiDescribe "AI_PAYBACK", "xlroi Return", _
        "Months until the monthly net benefit has paid the initial cost back, interpolated inside the month; #N/A if never. With a ramp month m earns m/ramp of the full benefit.", _
        Array("Initial cost", _
        "Full net benefit of a month", _
        "Months until the full benefit (default 0)")
    XlroiDescribe "AI_PAYBACK_FLOWS", "xlroi Return", _
        "Months until the cumulative flow becomes and stays 0 or more, interpolated inside the month; the first flow is today's. #N/A if never.", _
        Array("Net flow of month 0, 1, 2 and so on")
    XlroiDescribe "AI_PRICE", "xlroi Prices", _
        "A price or fact of the catalogue; #N/A where nothing or more than one entry fits.", _
        Array("Id, or words of an entry", _
        "Provider", _
        "Region", _
        "Term, as on-demand")
    XlroiDescribe "AI_PRICE_DATE", "xlroi Prices", _
        "The day on which a price of the catalogue was read; #N/A where it has none.", _
        Array("Id, or words of an entry", _
        "Provider", _
        "Region", _
        "Term, as on-demand")
    XlroiDescribe "AI_PRICE_SOURCE", "xlroi Prices", _
        "Where a price of the catalogue comes from.", _
        Array("Id, or words of an entry", _
        "Provider", _
        "Region", _
        "Term, as on-demand")
    XlroiDescribe "AI_RESERVED_BREAKEVEN", "xlroi Own or rent", _
        "Share of the term that a commitment must be used for to cost no more than on demand.", _
        Array("On-demand price of an hour", _
        "Paid at the start", _
        "Paid each hour", _
        "Hours of the term")
    XlroiDescribe "AI_RESERVED_RATE", "xlroi Own or rent", _
        "Effective hourly price of a commitment with an upfront part.", _
        Array("Paid at the start", _
        "Paid each hour", _
        "Hours of the term")
    XlroiDescribe "AI_RESIDUAL", "xlroi Training", _
        "Value of a GPU after some years by price-performance decay, price x 10^(-decay x years).", _
        Array("Price when new", _
        "Age", _
        "Loss of value a year, in powers of ten (Epoch AI) (default 0.14)")
    XlroiDescribe "AI_RETRAIN_INTERVAL", "xlroi Training", _
        "Months between retrainings that cost least when value decays in a straight line, the root of 2 C / (v k).", _
        Array("Cost of a retraining", _
        "Value of the fresh model a month", _
        "Share of the value lost with each month")
    XlroiDescribe "AI_REVIEWERS", "xlroi Serving", _
        "Smallest number of people who answer the wanted share of cases in time (Erlang C), divided by 1 - shrinkage and not rounded; #N/A above a load of 20,000 erlang, or where 1,000 more than the load do not suffice.", _
        Array("Cases an hour", _
        "Seconds for a case", _
        "Share of cases to answer in time", _
        "Seconds until a case must be taken up", _
        "Share of paid time that is absent or away (default 0)")
    XlroiDescribe "AI_RISK_ADJUSTED", "xlroi Return", _
        "A benefit lowered, or a cost raised, by its risk (Forrester TEI).", _
        Array("Benefit or cost", _
        "Risk adjustment, probability times impact", _
        "TRUE for a cost (default FALSE)")
    XlroiDescribe "AI_ROI", "xlroi Return", _
        "Return on investment, (benefit - cost) / cost.", _
        Array("All benefits", _
        "All costs")
    XlroiDescribe "AI_SAVINGS_RATE", "xlroi Own or rent", _
        "Effective savings rate, (contracted - effective) / contracted (FinOps Foundation).", _
        Array("Cost at contracted prices", _
        "Cost after commitments")
    XlroiDescribe "AI_SCHEDULE", "xlroi Models", _
        "A line of a model by step, a column for each row of its table; the first column is the step. Spills.", _
        Array("Model, as roi", _
        "Line, as cumulative_cash", _
        "Two columns: input, value")
    XlroiDescribe "AI_SERVING_SERVERS", "xlroi Serving", _
        "Whole servers for a peak of requests, through whole instances.", _
        Array("Requests a second at the peak", _
        "Requests a second that one instance serves within its target", _
        "GPUs of an instance", _
        "GPUs of a server")
    XlroiDescribe "AI_SIMULATE", "xlroi Models", _
        "Mean, standard error and percentiles of an output over many draws of the model's uncertain inputs. Spills.", _
        Array("Model, as roi", _
        "Output, as npv or tco[Own]", _
        "Two columns: input, value", _
        "Number of draws (default 4096)", _
        "The same seed gives the same numbers (default 1)")
    XlroiDescribe "AI_SPOT_PRICE", "xlroi Own or rent", _
        "Price of a useful hour on interruptible capacity: checkpoints, lost work and restarts included (Young).", _
        Array("Price of an hour", _
        "Mean time between interruptions", _
        "Time to write a checkpoint", _
        "Time to restart", _
        "Time between checkpoints; Young's if left out")
    XlroiDescribe "AI_TCO", "xlroi Lifecycle", _
        "Total (present) cost of owning - acquisition, monthly operation and disposal. Without a rate nothing is discounted; with one, costs of a month count at its end.", _
        Array("Paid today", _
        "Cost of the first month, paid at its end", _
        "How many months", _
        "Cost of disposal at the end; a residual value is negative (default 0)", _
        "Discount rate, effective a year (default 0)", _
        "Growth of the monthly cost a year, smooth (default 0)")
    XlroiDescribe "AI_TOKEN_COST", "xlroi Serving", _
        "Cost of a million tokens served on own or rented GPUs.", _
        Array("Price of a GPU-hour", _
        "GPUs of an instance", _
        "Tokens a second of the instance", _
        "Share of the time it serves (default 1)")
    XlroiDescribe "AI_TORNADO", "xlroi Models", _
        "Which inputs move an output most: input, low value, high value, output at low, output at high, swing; widest first. Spills.", _
        Array("Model, as roi", _
        "Output, as npv or tco[Own]", _
        "Two columns: input, value")
    XlroiDescribe "AI_TRAINING_COST", "xlroi Training", _
        "Cost of training by 6 N D, at a price of a GPU-hour.", _
        Array("Parameters, active ones only", _
        "Training tokens", _
        "Dense peak of the GPU, TFLOP a second", _
        "Model FLOP utilisation", _
        "Price of a GPU-hour", _
        "Failed and trial runs, as a share (default 0)")
    XlroiDescribe "AI_TRAINING_ENERGY_COST", "xlroi Training", _
        "Cost of the electricity of a training run.", _
        Array("Rated power of a chip", _
        "Server power for each unit of chip power", _
        "Average share of the rated power", _
        "Power usage effectiveness", _
        "Chip-hours of the run", _
        "Price of a kWh")
    XlroiDescribe "AI_TRAINING_FLOPS", "xlroi Training", _
        "Floating-point operations to train a dense transformer, 6 N D; of a mixture of experts count the active parameters.", _
        Array("Parameters, active ones only", _
        "Training tokens")
    XlroiDescribe "AI_TRAINING_GPU_HOURS", "xlroi Training", _
        "GPU-hours for a number of floating-point operations.", _
        Array("Operations", _
        "Dense peak of the GPU, TFLOP a second", _
        "Model FLOP utilisation, the share of the peak that is reached")
    XlroiDescribe "AI_XIRR", "xlroi Return", _
        "Yearly rate at which dated flows are worth 0. #NUM! where no rate or more than one does it; Excel's XIRR then gives 0 or any of them.", _
        Array("The flows", _
        "A date for each flow, none before the first")
    XlroiDescribe "AI_XNPV", "xlroi Return", _
        "Present value of dated flows on the first date, 365 days a year; rates from -100% on, where Excel's refuses negative ones.", _
        Array("Discount rate, effective a year", _
        "The flows", _
        "A date for each flow, none before the first")
End Sub

Private Sub XlroiDescribe(ByVal macroName As String, ByVal group As String, ByVal summary As String, ByVal helpTexts As Variant)
    Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & macroName, Description:=summary, Category:=group, ArgumentDescriptions:=helpTexts
End Sub

Private Function XlroiInFront() As String
    XlroiInFront = ActiveWorkbook.FullName
End Function

'A sheet of this name in the workbook in front would say which program is started as Python.
Private Function XlroiRefused() As String
    If SheetExists(ActiveWorkbook, PROJECT_NAME & ".conf") Then XlroiRefused = "This workbook has a sheet " & PROJECT_NAME & ".conf, by which it could start any program. Delete that sheet if you want to use xlroi here."
    'xlwings puts the name of the workbook in front into a command line.
    If InStr(XlroiInFront, "^") + InStr(XlroiInFront, "%") > 0 Then XlroiRefused = "The name or folder of this workbook holds ^ or %, by which a program could be started. Save it under another name."
End Function

'Python looks for its modules in the current folder first: let that be the add-in's own, not the one of a workbook.
Private Sub XlroiStayHome()
    On Error Resume Next
    ChDrive ThisWorkbook.Path
    ChDir ThisWorkbook.Path
End Sub

Private Function XlroiPy() As Object
    If XlroiRefused <> "" Then Err.Raise 1002, "xlroi", XlroiRefused
    XlroiStayHome
    Set XlroiPy = XLPy
End Function

'An error that is text in a cell would be passed over by SUM, so a failure is an error too.
Private Function XlroiFailed(ByVal why As String) As Variant
    XlroiFailure = why
    XlroiFailed = CVErr(xlErrValue)
End Function

'Python's COM server can only say an error as text; the sheet needs the error.
Private Function XlroiShown(ByVal given As Variant) As Variant
    Dim r As Long, c As Long
    If Not IsArray(given) Then
        XlroiShown = XlroiCell(given)
        Exit Function
    End If
    If XlroiIsTable(given) Then
        For r = LBound(given, 1) To UBound(given, 1)
            For c = LBound(given, 2) To UBound(given, 2)
                given(r, c) = XlroiCell(given(r, c))
            Next c
        Next r
    Else
        For c = LBound(given) To UBound(given)
            given(c) = XlroiCell(given(c))
        Next c
    End If
    XlroiShown = given
End Function

Private Function XlroiIsTable(ByRef given As Variant) As Boolean
    Dim last As Long
    On Error Resume Next
    last = UBound(given, 2)
    XlroiIsTable = (Err.Number = 0)
    Err.Clear
End Function

Private Function XlroiCell(ByVal given As Variant) As Variant
    XlroiCell = given
    If VarType(given) <> vbString Then Exit Function
    Select Case given
        Case "#NULL!": XlroiCell = CVErr(xlErrNull)
        Case "#DIV/0!": XlroiCell = CVErr(xlErrDiv0)
        Case "#VALUE!": XlroiCell = CVErr(xlErrValue)
        Case "#REF!": XlroiCell = CVErr(xlErrRef)
        Case "#NAME?": XlroiCell = CVErr(xlErrName)
        Case "#NUM!": XlroiCell = CVErr(xlErrNum)
        Case "#N/A": XlroiCell = CVErr(xlErrNA)
    End Select
End Function
